#!/usr/bin/env bash
# survey-core 3.1.1 (npm), SurveyJS: the age by its function age() of a woman who knows her year of birth alone.
#
# Expected: nothing, or the age by the first of January, as of the month 1981-06 (1 June).
# Seen: of any year, the age of somebody who was born in 1970: the year is read as a count of milliseconds
# since then. A girl who was born in 2010 is as old as a woman who was born in 1981; as a text or as a number.
# In 2026 all are 56: within 45 to 85, in a form that asks whether they are. Of 2010-12, the age is right.
# trialscreen: who was born in 1981 is 44 or 45 on 1 June 2026, and one born in 2010 is 15 or 16.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund 'survey-core@3.1.1' >/dev/null
node - <<'END'
const { Model } = require("survey-core");
function answer(expression, data) {
  const survey = new Model({ elements: [{ type: "expression", name: "found", expression }] });
  survey.data = data;
  return survey.getValue("found");
}
const now = new Date();
const since1970 = now.getFullYear() - 1970; // whatever the year is in which this runs
const seen = ["1956", "1981", "2010", 2010].map((born) => answer("age({born})", { born }));
const withMonth = answer("age({born})", { born: `${now.getFullYear() - 15}-01` });
const asked = answer("iif(age({born}) >= 45, 'may be screened', 'too young')", { born: "2010" });
console.log(`born in 1956, 1981, 2010, and 2010 as a number: ${seen.join(", ")} years; 2010: ${asked}`);
console.log(`born in January, 15 years ago, with the month: ${withMonth}`);
if (seen.some((age) => age !== since1970) || withMonth !== 15 || asked !== "may be screened") {
  throw new Error("the behaviour has changed");
}
END
