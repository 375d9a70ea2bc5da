#!/usr/bin/env bash
# cql-execution 3.3.2 and feelin 8.2.0 (both npm), for CQL and for DMN's FEEL: are all of a patient's
# liver values below the limit? The ALT is; the AST was not measured.
#
# Expected: unknown (null), as `and` says in both languages; at least, the same of both.
# Seen: of true and null, CQL's AllTrue makes true, and of null alone true as well: it passes over what
# is not known, as its specification says. FEEL's `every` makes false, so a value that is missing counts
# as one that is too high; and `some ... > 2` makes false too, so that `not(some ...)`, none is too
# high, is true. The same question gets opposite answers by how it is put.
# trialscreen: all of them is unknown while one is unknown and none is false, however it is put.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place"
npm install --silent --no-audit --no-fund 'cql-execution@3.3.2' 'feelin@8.2.0' >/dev/null
cat > seen.mjs <<'END'
import cql from "cql-execution";
import { evaluate } from "feelin";

const boolean = { valueType: "{urn:hl7-org:elm-types:r1}Boolean", type: "Literal", value: "true" };
const unknown = { type: "As", operand: { type: "Null" }, asType: boolean.valueType };
const elm = {
  "true and null": { type: "And", operand: [boolean, unknown] },
  "AllTrue({true, null})": { type: "AllTrue", source: { type: "List", element: [boolean, unknown] } },
  "AllTrue({null})": { type: "AllTrue", source: { type: "List", element: [unknown] } },
};
const named = (uri) => ({ localIdentifier: "System", uri });
const library = {
  identifier: { id: "Liver", version: "1" },
  schemaIdentifier: { id: "urn:hl7-org:elm", version: "r1" },
  usings: { def: [named("urn:hl7-org:elm-types:r1")] },
  statements: {
    def: Object.entries(elm).map(([name, expression]) => ({ name, context: "Unfiltered", expression })),
  },
};
const executor = new cql.Executor(new cql.Library({ library }));
const found = (await executor.exec(new cql.PatientSource([]))).unfilteredResults;
const seen = Object.keys(elm).map((name) => [`CQL, ${name}`, found[name]]);
for (const asked of [
  "true and null",
  "every x in [1, null] satisfies x < 2",
  "some x in [1, null] satisfies x > 2",
  "not(some x in [1, null] satisfies x > 2)",
]) {
  seen.push([`FEEL, ${asked}`, evaluate(asked, {}).value]);
}
for (const [asked, answer] of seen) console.log(asked, "=", answer);
const expected = [null, true, true, null, false, false, true];
process.exit(seen.every(([, answer], place) => answer === expected[place]) ? 0 : 1);
END
node seen.mjs
