"""Run the named measurements, or all, each in a process of its own so that none heats another."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    known = sorted(path.stem for path in HERE.glob("[!_]*.py"))
    wanted = sys.argv[1:] or known
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        sys.stderr.write(f"No measurement {', '.join(unknown)}; there are: {', '.join(known)}\n")
        return 2
    failed = False
    for name in wanted:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        failed |= subprocess.call([sys.executable, "-m", f"bench.{name}"]) != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
