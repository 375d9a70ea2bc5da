"""`export …`: a trial, its answers and its log in the formats of other systems."""

import typer

from trialscreen.cli.export_fhir import questionnaire, response
from trialscreen.cli.export_tables import redcap, sdtm_ie, sdtm_ti
from trialscreen.cli.help import help_of

export = typer.Typer(
    help="A trial and its answers in the formats of other systems.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
export.command(help=help_of(questionnaire), short_help="The questions, for FHIR.")(questionnaire)
export.command(help=help_of(response), short_help="One patient's answers, for FHIR.")(response)
export.command(help=help_of(redcap), short_help="The questions, for REDCap.")(redcap)
export.command(help=help_of(sdtm_ti), short_help="The criteria, for SDTM (TI).")(sdtm_ti)
export.command(help=help_of(sdtm_ie), short_help="Who failed which, for SDTM (IE).")(sdtm_ie)
