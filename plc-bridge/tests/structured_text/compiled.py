"""Compares plc.py with the program as MATIEC's iec2c has translated it to C, on a belt where anything happens.

usage: compiled.py PROGRAM FOLDER CACHE SEED...     run by scripts/check-structured-text
PROGRAM: compiled.c with the translation; FOLDER and CACHE as for plc.py. Every scan must put out the same.
"""

import json
import os
import random
import subprocess
import sys

SCANS = 4000
PARAMETERS = {
    "MmPerCount": 1.0, "NumberOfMidEyes": 2, "MidEye_mm": [200.0, 350.0], "ExitEye_mm": 1500.0, "LongestItem_mm": 400.0,
    "BlindFallBack": 1, "NumberOfDiverters": 2, "DiverterLane": [3, 7], "CommitPoint_mm": [500.0, 1000.0],
    "Diverter_mm": [600.0, 1100.0], "FireAhead_mm": [50.0, 50.0], "Hold_mm": [40.0, 40.0],
    "TellsCodes": True,
}


def flat(value):
    return " ".join(str(int(each) if isinstance(each, bool) else each) for each in (value if isinstance(value, list) else [value]))


class Line:
    """A belt with items, eyes, an encoder, and a bridge, each of which misbehaves now and then."""

    def __init__(self, chance):
        self.chance, self.encoder, self.items = chance, chance.choice([0, 5, 2**32 - 900]), []
        self.mode, self.encoder_dead, self.entry_dead, self.bridge_writes = "run", False, False, True
        self.blind, self.direct, self.results = 0, 0, 0
        self.command = [3, 0, 0, 77] + [0] * 39

    def sometimes(self, probability):
        return self.chance.random() < probability

    def covered(self, place, error=0.005):
        return any(lead >= place > lead - length for lead, length in self.items) != self.sometimes(error)

    def move(self):
        chance = self.chance
        if self.sometimes(0.01):
            self.mode = chance.choice(["run", "run", "run", "stand", "back", "slow"])
        if self.sometimes(0.003):
            self.encoder_dead = not self.encoder_dead and self.sometimes(0.6)
        if self.sometimes(0.003):
            self.entry_dead = not self.entry_dead and self.sometimes(0.5)
        step = {"run": 10, "slow": chance.randint(0, 3), "stand": chance.randint(-1, 1), "back": -chance.randint(1, 10)}[self.mode]
        if not self.encoder_dead:
            self.encoder = (self.encoder + step) % 2**32
        self.items = [(lead + step, length) for lead, length in self.items if lead < 2500 and not self.sometimes(0.0002)]
        if self.mode == "run" and self.sometimes(0.02):
            self.items.append((-chance.randint(0, 80), chance.randint(5, 150)))
        if self.sometimes(0.004):
            self.items.append((chance.randint(0, 1200), chance.choice([70, 90, 900])))

    def bridge(self, scan):
        chance, command = self.chance, self.command
        if self.sometimes(0.004):
            self.bridge_writes = not self.bridge_writes or self.sometimes(0.7)
        if self.sometimes(0.004):
            self.blind = chance.choice([0, 0, 64, 128])
        if self.sometimes(0.003):
            self.direct = chance.choice([0, 0, 32])
        if not self.bridge_writes:
            return
        if self.sometimes(0.002):
            command[3], self.results = chance.randrange(65536), 0
        if self.sometimes(0.01):
            command[6], command[7] = chance.randrange(65536), chance.randrange(8)
        for _ in range(12 if self.sometimes(0.002) else chance.choice([0] * 10 + [1, 2])):
            self.results = (self.results + 1) % 65536
            first = 10 + self.results % 8 * 4
            command[first : first + 2] = chance.randint(1, 1 + scan // 60), chance.choice([0, 3, 7, 7, 0, 65535])
            command[first + 3] = chance.choice([0, 1, 1, 2])
        command[1], command[42] = (command[1] + 1) % 65536, (command[42] + 1) % 65536
        command[2], command[8], command[5] = 3 | self.blind | self.direct, chance.randrange(4), self.results
        command[4] = (command[4] + chance.choice([0, 0, 1])) % 65536

    def scan(self, number):
        self.move()
        self.bridge(number)
        lanes = [self.covered(700), self.covered(1200)] + [self.sometimes(0.01) for _ in range(6)]
        return {
            "EntryEye": self.covered(0) and not self.entry_dead, "ExitEye": self.covered(1500), "LaneEye": lanes,
            "MidEye": [self.covered(200), self.covered(350), False, False], "Encoder": self.encoder,
            "BeltRunning": (self.mode != "stand") != self.sometimes(0.001), "OperatorReset": self.sometimes(0.01),
            "CodeOffered": self.sometimes(0.1), "CodeFor": self.chance.randint(0, 2 + number // 60),
            "ItemCode": [self.chance.randrange(65536) for _ in range(8)],
        }


def compare(program, folder, cache, seed):
    parameters = {**PARAMETERS, "BlindFallBack": seed % 3}
    line, answers = Line(random.Random(seed)), {}
    scans = [(line.scan(number), list(line.command)) for number in range(SCANS)]
    first = " ".join(flat(value) for name, value in parameters.items() if not name.startswith("Number"))
    text = [first] + [" ".join([*map(flat, inputs.values()), flat(command)]) for inputs, command in scans]
    answers["compiled"] = subprocess.run([program], input="\n".join(text), capture_output=True, text=True, check=True).stdout.splitlines()
    scans[0][0].update({f"Parameters.{name}": value for name, value in parameters.items()})
    text = [json.dumps({"ms": 10, "set": inputs, "power_cut": False, "command": command}) for inputs, command in scans]
    plc = [sys.executable, os.path.join(os.path.dirname(__file__), "plc.py"), folder, cache, "run"]
    said = subprocess.run(plc, input="\n".join(text) + "\n", stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    said = [json.loads(answer) for answer in said]
    answers["interpreted"] = [" ".join([flat(a["status"]), flat(a["codes"]), *map(flat, a["out"].values())]).rstrip() for a in said]
    for number, (one, other) in enumerate(zip(*answers.values(), strict=True)):
        if one.rstrip() != other:
            sys.exit(f"seed {seed}, scan {number}: compiled, then interpreted:\n{one}\n{other}")
    faults = sorted({answer["out"]["FaultCode"] for answer in said})
    print(f"seed {seed}: {SCANS} scans put out the same; {said[-1]['status'][10]} events, faults {faults}")


if __name__ == "__main__":
    for seed in sys.argv[4:]:
        compare(*sys.argv[1:4], int(seed))
