"""What a site's own file says, for any command."""

from trialscreen.answers.answer import SiteSettings
from trialscreen.model.trial import Trial

NO_SITE = SiteSettings()


def site_settings(trial: Trial, file: str | None) -> SiteSettings:
    """What a site's own file says; nothing without one. Raises InputError."""
    if file is None:
        return NO_SITE
    from trialscreen.answers.site_file import read_site  # noqa: PLC0415 - few runs have a site

    return read_site(trial, file)
