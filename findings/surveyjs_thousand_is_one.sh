#!/usr/bin/env bash
# survey-core 3.1.1 (npm), SurveyJS: an HBV DNA of "1,500" copies/mL, typed into a field, beside a limit of 1000.
#
# Expected: 1500, or no number, as "1,500.5" is none: in English, and in China, a comma groups thousands.
# Seen: 1.5, in an English survey too: the comma is taken for a decimal one. `{hbv_dna} >= 1000` is
# false, and nothing excludes her; 1500 and "1500" are at least 1000. An empty text is a number too: as a
# weight it is below 40, while an answer that is not there is neither below 40 nor at least 40.
# trialscreen refuses 1,500 and 5,5, and says how to write either; an empty cell is unknown.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund 'survey-core@3.1.1' >/dev/null
node - <<'END'
const { Model } = require("survey-core");
function answer(expression, data) {
  const survey = new Model({ locale: "en", elements: [{ type: "expression", name: "found", expression }] });
  survey.data = data;
  return survey.getValue("found");
}
const seen = [];
for (const given of ["1,500", "1500", "1,500.5"]) {
  seen.push(answer("{given} * 1", { given }), answer("{given} >= 1000", { given }));
  console.log(`${given}: the number ${seen.at(-2)}; at least 1000: ${seen.at(-1)}`);
}
for (const data of [{ given: "" }, {}]) {
  seen.push(answer("{given} < 40", data), answer("{given} >= 40", data));
  console.log(`${JSON.stringify(data)}: below 40: ${seen.at(-2)}; at least 40: ${seen.at(-1)}`);
}
const expected = [1.5, false, 1500, true, undefined, false, true, false, false, false];
if (seen.length !== expected.length || seen.some((one, i) => one !== expected[i])) {
  throw new Error(`the behaviour has changed: ${seen}`);
}
END
