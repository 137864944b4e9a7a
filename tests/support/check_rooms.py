#!/usr/bin/env python3
"""Reads the includes of hub/ and plugins/ and fails on an arrow that runs the wrong way (docs/architecture.md).

A room may know the rooms before it in ROOMS, never those after it. First the checker proves on
made-up trees that it can fail.
"""
import pathlib
import re
import sys
import tempfile

# In the order of dependence. `config` builds values of the pure core from files, so it sits between core and shell.
ROOMS = ["base", "model", "identity", "routing", "confidentiality", "minimise", "config", "keys", "store", "ledger", "transport", "witness",
         "plugin_host", "intake", "delivery", "follow_up", "erasure", "exchange", "access", "report", "admin", "console", "scenario", "app", "verify"]
# Written apart from the rest, so that a mistake there is not repeated here: knows no room, and no room knows it.
ALONE = {"verify"}
# The one library that hub and adapters share.
SHARED = "person_numbers"
# Pure: values in, values out. What they look up arrives as arguments.
PURE = {"base", "model", "identity", "routing", "confidentiality", "minimise"}
NOT_IN_PURE = re.compile(r"^(boost/(asio|beast)|openssl/|Poco/|sqlite3|libpq|sys/socket|netinet/|curl/|prometheus/)")
DOES_IO = re.compile(r"^(boost/(asio|beast)|Poco/|sqlite3|openssl/ssl|sys/socket|netinet/|fstream$|filesystem$)")
PLUGIN_ABI = re.compile(r"plugin_abi\.h|plugins/|sdk/adapter\.hpp")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
SOURCES = {".cpp", ".hpp", ".h"}


def includes(path):
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match.group(1) == '"', match.group(2)


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in SOURCES) if folder.is_dir() else []


def check_hub(root):
    problems = []
    for path in sources(root / "hub"):
        room = path.relative_to(root / "hub").parts[0]
        for line, quoted, target in includes(path):
            where = f"{path.relative_to(root)}:{line}"
            if room not in ROOMS:
                problems.append(f"{where}: room {room} is not in the map of rooms")
                break
            if not quoted and room in PURE and NOT_IN_PURE.match(target):
                problems.append(f"{where}: {room} is pure and may not include <{target}>")
            if PLUGIN_ABI.search(target):
                if room != "plugin_host":
                    problems.append(f"{where}: only plugin_host may include the plugin ABI")
                continue
            if ".." in target.split("/"):
                problems.append(f"{where}: an include may not climb out of its folder ({target})")
                continue
            other = target.split("/")[0]
            if (root / "hub" / other).is_dir() and "/" in target:
                if other not in ROOMS:
                    problems.append(f"{where}: room {other} is not in the map of rooms")
                elif other != room and ALONE & {room, other}:
                    problems.append(f"{where}: {room} and {other} share no code")
                elif ROOMS.index(other) > ROOMS.index(room):
                    problems.append(f"{where}: {room} may not know {other} (the arrow runs the other way)")
    return problems


def adapters(root):
    """Folders that build a module; the others under plugins/ are libraries that adapters share."""
    return {p.parent.name for p in (root / "plugins").glob("*/CMakeLists.txt")
            if re.search(r"^\s*samband_plugin\(", p.read_text(encoding="utf-8"), re.M)}


def check_plugins(root):
    problems, modules = [], adapters(root)
    hub_rooms = {p.name for p in (root / "hub").iterdir() if p.is_dir()} if (root / "hub").is_dir() else set()
    for path in sources(root / "plugins"):
        plugin = path.relative_to(root / "plugins").parts[0]
        for line, quoted, target in includes(path):
            where = f"{path.relative_to(root)}:{line}"
            first = target.split("/")[0]
            if "hub/" in target or (quoted and "/" in target and first in hub_rooms and
                                    not (root / "plugins" / target).exists() and not (path.parent / target).exists()):
                problems.append(f"{where}: a plugin may not include the hub ({target})")
            if ".." in target.split("/"):
                problems.append(f"{where}: an include may not climb out of its folder ({target})")
            if quoted and first in modules - {plugin} and "/" in target:
                problems.append(f"{where}: a plugin may not include another plugin ({target})")
            # Under sdk/ lie also the tools of build and tests, which read and write files; no module includes them.
            tool = plugin == "sdk" and path.name not in ("adapter.hpp", "plugin_abi.h")
            if DOES_IO.match(target) and not tool:
                problems.append(f"{where}: an adapter does no I/O (<{target}>)")
            if target.endswith("test_kit.hpp") and plugin in modules and "test" not in path.name:
                problems.append(f"{where}: the test kit is no part of a module")
    return problems


def check_shared(root):
    """What hub and adapters both use knows neither of them, nothing else, and does no I/O."""
    problems = []
    for path in sources(root / "plugins" / SHARED):
        for line, quoted, target in includes(path):
            where = f"{path.relative_to(root)}:{line}"
            if quoted and not target.startswith(SHARED + "/"):
                problems.append(f"{where}: shared code knows shared code only ({target})")
            if not quoted and ("/" in target or DOES_IO.match(target)):
                problems.append(f"{where}: shared code knows the standard library only, and does no I/O (<{target}>)")
    return problems


def check_build_order(root):
    """CMake builds the rooms in the order of this map; two lists that may not drift apart."""
    found = re.search(r"set\(SAMBAND_ROOMS\s+(.*?)\)", (root / "CMakeLists.txt").read_text(encoding="utf-8"), re.S)
    rooms = found.group(1).split() if found else []
    return [] if rooms == [r for r in ROOMS if r in rooms] and set(rooms) >= set(ROOMS) - {"config"} - ALONE else [
        f"CMakeLists.txt: SAMBAND_ROOMS is not in the order of the map of rooms: {' '.join(rooms)}"]


def self_test():
    cases = [
        ("hub/model/a.hpp", '#include "store/store.hpp"\n', "may not know store"),
        ("hub/identity/a.cpp", "#include <openssl/evp.h>\n", "is pure"),
        ("hub/exchange/a.cpp", '#include "sdk/plugin_abi.h"\n', "only plugin_host"),
        ("hub/attic/a.cpp", '#include "base/error.hpp"\n', "not in the map"),
        ("hub/verify/a.cpp", '#include "store/store.hpp"\n', "share no code"),
        ("plugins/police/a.cpp", '#include "store/store.hpp"\n', "may not include the hub"),
        ("plugins/police/a.cpp", '#include "health/adapter.hpp"\n', "another plugin"),
        ("plugins/police/a.cpp", "#include <sys/socket.h>\n", "no I/O"),
        ("plugins/person_numbers/a.cpp", '#include "common/error.hpp"\n', "knows shared code only"),
        ("plugins/person_numbers/a.cpp", "#include <boost/json.hpp>\n", "standard library only"),
    ]
    for name, text, expected in cases:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for made in ("hub/base", "hub/store", "plugins/sdk", "plugins/police", "plugins/health"):
                (root / made).mkdir(parents=True, exist_ok=True)
            (root / "plugins/health/CMakeLists.txt").write_text("samband_plugin(health SOURCES a.cpp)\n")
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            problems = check_hub(root) + check_plugins(root) + check_shared(root)
            if not any(expected in p for p in problems):
                sys.exit(f"self-test: a wrong include in {name} was not seen ({expected})")
            path.write_text('#include "base/error.hpp"\n' if name.startswith("hub/model") else "#include <string>\n")
            if name.startswith(("hub/model", "plugins")) and check_hub(root) + check_plugins(root):
                sys.exit(f"self-test: a right include in {name} was refused")


def main():
    self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = check_hub(root) + check_plugins(root) + check_shared(root) + check_build_order(root)
    for problem in problems:
        print(problem)
    print(f"{len(sources(root / 'hub'))} hub files, {len(sources(root / 'plugins'))} plugin files, {len(problems)} wrong arrows")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
