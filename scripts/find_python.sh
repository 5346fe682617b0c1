#!/bin/sh
# Prints the first Python that runs and has a supported version. PYTHON=... overrides the search.
# A name on the PATH proves nothing (version managers leave stubs that only print an error), so each candidate is run.
if [ -n "${PYTHON:-}" ]; then
    candidates=$PYTHON
    wanted="PYTHON=$PYTHON"
    IFS='
'
else
    candidates="python3.12 python3.13 python3.11 python3 python python3.14"
    wanted="any of $candidates"
fi
for candidate in $candidates; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' >/dev/null 2>&1; then
        printf '%s\n' "$candidate"
        exit 0
    fi
done
echo "error: Python 3.11 to 3.14 is needed, but $wanted does not run or has another version." >&2
echo "       Install one (apt install python3 | brew install python@3.13), or name it: make PYTHON=/path/to/python3.13 ..." >&2
exit 1
