#!/usr/bin/env python3
"""Says of each plan whether it fits the JSON Schema: `validate_plans.py SCHEMA PLAN...`.

Prints one line for each: `PLAN: valid`, or `PLAN: ` and the first problem.
"""
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors and smokemesh read it: `on` is a word, `1:30` and dates are text."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
        ("null", r"^(~|null|)$", "~n\0"),
        ("bool", r"^(true|false)$", "tf"),
        ("int", r"^-?(0|[1-9][0-9]*)$", "-0123456789"),
        ("float", r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$", "-0123456789")]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first) + [""]
                                 if tag == "null" else list(first))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = yaml.safe_load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            plan = yaml.load(file, Loader)
        error = jsonschema.exceptions.best_match(validator.iter_errors(plan))
        verdict = "valid"
        if error is not None:
            where = "/".join(str(part) for part in error.absolute_path)
            verdict = f"{where}: {error.message}".replace("\n", " ")[:300]
        print(f"{path}: {verdict}")


main()
