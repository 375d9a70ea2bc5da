"""The tables of a log file, and the guards by which SQLite itself refuses any change.

`latest` holds the number and seal of the last row, so that rows missing at the end are
noticed; only the row that was just added can move it on.
"""

APPLICATION = 0x7473_6C67
"""SQLite's application_id of a screening log ("tslg")."""

FORMAT = 1
"""SQLite's user_version: which tables these are."""

ENTRY_COLUMNS = "number, previous, corrects, head, detail, seal"

TABLES = {
    "entry": """CREATE TABLE entry (
  number INTEGER PRIMARY KEY,
  previous TEXT NOT NULL,
  corrects INTEGER UNIQUE REFERENCES entry (number),
  head TEXT NOT NULL,
  detail TEXT NOT NULL,
  seal TEXT NOT NULL
) STRICT""",
    "latest": """CREATE TABLE latest (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  seal TEXT NOT NULL
) STRICT""",
}
GUARDS = {
    "entry_follows": """CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN NEW.number IS NOT (SELECT number + 1 FROM latest)
  OR NEW.previous IS NOT (SELECT seal FROM latest)
BEGIN SELECT RAISE(ABORT, 'an entry can only be added after the last'); END""",
    "entry_is_latest": """CREATE TRIGGER entry_is_latest AFTER INSERT ON entry
BEGIN UPDATE latest SET number = NEW.number, seal = NEW.seal; END""",
    "entry_stays": """CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry cannot be changed; add one that corrects it'); END""",
    "entry_remains": """CREATE TRIGGER entry_remains BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry cannot be removed; add one that corrects it'); END""",
    "latest_follows": """CREATE TRIGGER latest_follows BEFORE UPDATE ON latest
WHEN NEW.number IS NOT OLD.number + 1
  OR NEW.seal IS NOT (SELECT seal FROM entry WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'only an added entry moves this on'); END""",
    "latest_remains": """CREATE TRIGGER latest_remains BEFORE DELETE ON latest
BEGIN SELECT RAISE(ABORT, 'this row stays'); END""",
    "latest_is_one": """CREATE TRIGGER latest_is_one BEFORE INSERT ON latest
BEGIN SELECT RAISE(ABORT, 'there is one row'); END""",
}
"""Each table and guard by its name, as SQLite keeps its text."""

FILL = "INSERT INTO latest VALUES (1, -1, ?)"
"""Before the first row, with NO_SEAL, and before the guards."""
