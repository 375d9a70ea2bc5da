#!/usr/bin/env bash
# deid 0.4.13 with pydicom 3.0.2: the dates of a DXA scan, moved by 100 days, as a de-identified copy has them.
#
# Expected: who was 70 on the day of the scan is 70 in the copy: birth and scan move by the same count of days. Of a
# moment that is known to be in 2026 (DICOM's DT may end after any part), a year is left, or nothing.
# Seen: born on 12 March 1956 and scanned on her 70th birthday, she is 69 in the copy, one day short, as another count
# of leap days lies in between; who was 45 that day becomes 44. Patient's Age stays 070Y beside it. The 2026
# becomes a day and a microsecond: the day on which the program runs, less 100 days.
# trialscreen counts completed years from what it is given: from moved dates, an age near a limit may be off by one.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'deid==0.4.13' 'pydicom==3.0.2' 'python-dateutil==2.9.0.post0'
cd "$place" && MESSAGELEVEL=QUIET python -W ignore - <<'END'
from datetime import timedelta

from dateutil.parser import parse
from deid.config import DeidRecipe
from deid.dicom import replace_identifiers
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

with open("recipe", "w") as recipe:
    recipe.write("FORMAT dicom\n%header\n")
    for name in ("PatientBirthDate", "StudyDate", "AcquisitionDateTime"):
        recipe.write(f"JITTER {name} -100\n")


def moved(birth: str, scan: str, moment: str, age: str) -> Dataset:
    """The copy of a scan, with its dates moved."""
    scanned = Dataset()
    scanned.file_meta = FileMetaDataset()
    scanned.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    scanned.SOPClassUID = scanned.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    scanned.SOPInstanceUID = scanned.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    scanned.PatientID, scanned.PatientAge = "made up", age
    scanned.PatientBirthDate, scanned.StudyDate, scanned.AcquisitionDateTime = birth, scan, moment
    scanned.save_as("scan.dcm", enforce_file_format=True)
    (copy,) = replace_identifiers(["scan.dcm"], deid=DeidRecipe("recipe"), save=False, force=True)
    return copy


def years(birth: str, day: str) -> int:
    """Completed years between two days of DICOM's form, YYYYMMDD."""
    return int(day[:4]) - int(birth[:4]) - (day[4:] < birth[4:])


seen = []
for birth, scan, age in (("19560312", "20260312", "070Y"), ("19800312", "20250312", "045Y")):
    copy = moved(birth, scan, "2026", age)
    found = (copy.PatientBirthDate, copy.StudyDate)
    seen.append((years(birth, scan), *found, years(*found), copy.PatientAge))
    print("{} years; born {}, scanned {}: {} years, Patient's Age {}".format(*seen[-1]))
    print("a moment in 2026:", copy.AcquisitionDateTime)
    todays = parse("2026") - timedelta(days=100)  # as deid does: month and day of today
    assert copy.AcquisitionDateTime == f"{todays:%Y%m%d%H%M%S.%f}", "the behaviour has changed"
assert seen == [
    (70, "19551203", "20251202", 69, "070Y"),
    (45, "19791203", "20241202", 44, "045Y"),
], "the behaviour has changed"
END
