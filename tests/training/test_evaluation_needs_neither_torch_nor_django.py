"""Evaluation runs in processes that must stay small: importing it loads no torch and no Django."""

import subprocess
import sys


def test_import_is_light() -> None:
    code = (
        "import sys, training.ml.measures.evaluation\n"
        "print([name for name in ('torch', 'transformers', 'django') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout.strip() == "[]"
