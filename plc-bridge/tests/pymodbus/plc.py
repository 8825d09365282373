"""A conveyor PLC behind pymodbus: a Modbus server that was not written by us.

Usage: plc.py ITEMS. Prints its port, then plays a line on which ITEMS items enter, until its
standard input ends; then it prints what it has taken, as JSON. The registers are those of
REGISTERS.md, written down here a second time on purpose. It is made for map version 2, before items had
codes: the bridge must work with such a PLC.

The belt moves by one STEP for each item that enters, and only while there is room in the ring of
line events and few items wait for their result: as fast as the bridge can follow, and never faster.
"""

import asyncio
import json
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

STATUS, STATUS_LEN = 0, 75
COMMAND, COMMAND_LEN = 100, 43
EVENT_RING, EVENTS_AT, EVENT_WORDS = 16, 11, 4
RESULT_RING, RESULTS_AT, RESULT_WORDS = 8, 10, 4
ENTRY, EXIT, LANE_1 = 0x0100, 0x0200, 0x0301

STEP = 100  # counts from one item to the next
LANE_EYE, EXIT_EYE = 3000, 3500  # counts from the entry eye
MOST_WAITING = 12  # items that may wait for their result
SCAN = 0.001  # seconds
WRITE_REGISTERS = 16  # the Modbus function


class Plc:
    def __init__(self, items):
        self.items = items
        self.command = None
        self.bridge_boot = None
        self.encoder = 1000
        self.heartbeat = 0
        self.event_head = 0
        self.events = [[0] * EVENT_WORDS for _ in range(EVENT_RING)]
        self.echo = 0
        self.result_taken = 0
        self.entered = 0
        self.to_come = {}  # encoder count: eyes that will see something there
        self.taken = []  # (acquisition, lane, source), in the order in which they were taken
        self.boots = 0

    def scan(self):
        self.heartbeat = (self.heartbeat + 1) & 0xFFFF
        if self.command is None:
            return
        self.take_results()
        unread = (self.event_head - self.command[4]) & 0xFFFF
        # A step has three edges at most: one enters, one leaves by the lane, one by the exit.
        while unread + 3 <= EVENT_RING and self.entered < self.items:
            if self.entered - len(self.taken) >= MOST_WAITING:
                return
            self.encoder += STEP
            for eye in self.to_come.pop(self.encoder, ()):
                self.event(eye, 0)
                unread += 1
            self.entered += 1
            self.event(ENTRY, self.entered)
            unread += 1

    def take_results(self):
        if self.bridge_boot != self.command[3]:
            self.bridge_boot = self.command[3]
            self.boots += 1
            self.result_taken = 0
        while self.result_taken != self.command[5]:
            self.result_taken = (self.result_taken + 1) & 0xFFFF
            at = RESULTS_AT + RESULT_WORDS * (self.result_taken % RESULT_RING)
            acquisition, lane, _reasons, source = self.command[at : at + RESULT_WORDS]
            self.taken.append((acquisition, lane, source))
            entered_at = 1000 + STEP * acquisition
            eye, place = (LANE_1, LANE_EYE) if lane == 1 else (EXIT, EXIT_EYE)
            self.to_come.setdefault(entered_at + place, []).append(eye)
        self.echo = self.command[-1]

    def event(self, eye, acquisition):
        self.event_head = (self.event_head + 1) & 0xFFFF
        count = self.encoder & 0xFFFFFFFF
        self.events[self.event_head % EVENT_RING] = [eye, acquisition, count >> 16, count & 0xFFFF]

    def status(self):
        count = self.encoder & 0xFFFFFFFF
        words = [2, self.heartbeat, 7, 1, 0, count >> 16, count & 0xFFFF]
        words += [self.echo, self.result_taken, 0, self.event_head]
        return words + [word for event in self.events for word in event]

    async def access(self, function, _start, address, count, registers, written):
        """Called by pymodbus at each request."""
        if function == WRITE_REGISTERS and written:
            if (address, count) == (COMMAND, COMMAND_LEN) and written[0] == 2:
                self.command = list(written)
        elif written is None:
            registers[STATUS : STATUS + STATUS_LEN] = self.status()
        return None


async def main():
    plc = Plc(int(sys.argv[1]))
    registers = SimData(0, count=200, values=0, datatype=DataType.REGISTERS)
    device = SimDevice(id=1, simdata=[registers], action=plc.access)
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    while not ended.done():
        plc.scan()
        await asyncio.sleep(SCAN)
    await server.shutdown()
    print(json.dumps({"taken": plc.taken, "entered": plc.entered, "boots": plc.boots}))


asyncio.run(main())
