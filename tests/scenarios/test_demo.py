"""The demo's outcomes, all of them, as a test."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import demo  # noqa: E402

with tempfile.TemporaryDirectory(prefix="samband-demo-") as folder:
    running, ok = demo.run(folder)
    running.close()
sys.exit(0 if ok else 1)
