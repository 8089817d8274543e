"""The figures, measured: `python -m tests.bench [NAME...]`. Ratios and exponents are of one run on this machine."""

import importlib
import os
import sys

BENCHES = ("cli", "estate_scale", "idle_up")


def main() -> int:
    chosen = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in chosen if name not in BENCHES]
    if unknown:
        print(f"no bench '{unknown[0]}'; choose of {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}" + (" (busy: read ratios, not seconds)" if load > 0.5 else ""))
    for name in chosen:
        print(f"\n{name}")
        for line in importlib.import_module(f"tests.bench.{name}").measure():
            print(f"  {line}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
