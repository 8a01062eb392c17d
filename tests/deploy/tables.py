# tables: what the programs themselves say there is: settings, programs, workers, topics, metrics. What is delivered beside them
# is held against that.
import functools
import glob
import os
import re
import subprocess


def text_of(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


@functools.cache
def said(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


def programs():
    """Of every folder with a main.c."""
    names = [os.path.basename(os.path.dirname(name)) for name in glob.glob("services/*/main.c")]
    return {"redressctl" if name == "redressctl" else "redress-" + name for name in names}


def workers():
    """Those that run all the time, without their first part."""
    return {name.removeprefix("redress-") for name in programs()} - {"redressctl", "devbroker"}


def settings(folder):
    return set(re.findall(r"^\| `(REDRESS_[A-Z_]+)` \|", said(folder + "/redressctl", "help", "settings"), re.M))


def is_setting(name, known):
    """A variable as the programs take it: any property of Kafka's, one of the table, or either from a file."""
    plain = name.removesuffix("_FILE")
    return plain in known or re.fullmatch(r"REDRESS_KAFKA_[A-Z_]+", plain) is not None


def commands(folder):
    listed = said(folder + "/redressctl", "help").partition("COMMANDS\n")[2]
    return set(re.findall(r"^  (\w+) +\S", listed, re.M))


def topics():
    """As deploy/contract and README name them: the enum's names with the prefix."""
    return set(re.findall(r"`(redress\.[a-z.]+)`", text_of("deploy/docs/topics.md") + text_of("README.md")))


def has_unknown_options(folder, command):
    """What redressctl would not take of a command line: a subcommand that is none, options that its page does not name."""
    page = said(folder + "/redressctl", "help", command[0])
    wrong = [word for word in command[1:] if word.startswith("--") and not re.search(r"^  " + word + r"\b", page, re.M)]
    if len(command) > 1 and not command[1].startswith("--") and not re.search(r"\b" + re.escape(command[1]) + r"\b", page.partition("DESCRIPTION")[0]):
        wrong.append(command[1])
    return wrong


def commands_of(page, program):
    """The commands in a page's blocks, in order: lines that begin with four spaces or more and, behind settings given for them, with
    a program; each part of a pipe or a list alone, without its comment."""
    found = []
    for line in page.splitlines():
        line = re.sub(r"\s{2,}#.*| > \S+", "", line[4:].strip()) if line.startswith("    ") else ""
        for part in re.split(r" && | \| ", line):
            part = re.sub(r"^\(cd \S+$|\)$", "", re.sub(r"^(?:[A-Z_]+=\S+ )+", "", part.strip())).replace("'", "")
            if program.match(part):
                found.append(part)
    return found


def notices(check, text, changes):
    """Whether the check finds fault with each changed text. A change that changes nothing is a fault of the test."""
    wrong = []
    for old, new in changes:
        if old not in text:
            wrong.append(f"nothing to change: {old!r} is not there")
        elif not check(text.replace(old, new, 1)):
            wrong.append(f"{old!r} as {new!r} is not noticed")
    return wrong
