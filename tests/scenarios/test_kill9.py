"""kill -9 at 25 random points of the demo: the same outcomes, nothing acknowledged lost, nothing sent unrecorded.

SAMBAND_KILLS and SAMBAND_SEED override; the seed is printed.
"""
import os
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import demo  # noqa: E402

kills = int(os.environ.get("SAMBAND_KILLS", "25"))
seed = int(os.environ.get("SAMBAND_SEED", random.randrange(1 << 30)))
print(f"{kills} kills, seed {seed}", flush=True)
with tempfile.TemporaryDirectory(prefix="samband-kill9-") as folder:
    running, ok = demo.run(folder, kills, seed, quiet=True)
    done = running.killer.done
    running.close()
if done < min(20, kills):
    print(f"only {done} kills happened")
    ok = False
sys.exit(0 if ok else 1)
