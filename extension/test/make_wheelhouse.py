"""Make a small wheelhouse: pip, and a tunesmith wheel whose command line is the given code.

Usage: python make_wheelhouse.py FOLDER VERSION CODE
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

import pip

folder, version, code = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
folder.mkdir(parents=True)

with zipfile.ZipFile(folder / f"pip-{pip.__version__}-py3-none-any.whl", "w") as archive:
    package = Path(pip.__file__).parent
    for file in package.rglob("*"):
        if "__pycache__" not in file.parts:
            archive.write(file, Path("pip", file.relative_to(package)))

info = f"tunesmith-{version}.dist-info"
files = {
    "tunesmith/__init__.py": "",
    "tunesmith/cli.py": code,
    f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tunesmith\nVersion: {version}\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
    "Tag: py3-none-any\n",
}
files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
wheel = folder / f"tunesmith-{version}-py3-none-any.whl"
with zipfile.ZipFile(wheel, "w") as archive:
    for name, text in files.items():
        archive.writestr(name, text)

digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
(folder / "requirements.txt").write_text(f"tunesmith=={version} --hash=sha256:{digest}\n")
manifest = {
    "version": version,
    "hash": digest,
    "target": "any",
    "minors": [10, 11, 12, 13, 14],
    "pip": f"pip-{pip.__version__}-py3-none-any.whl",
}
(folder / "manifest.json").write_text(json.dumps(manifest))
