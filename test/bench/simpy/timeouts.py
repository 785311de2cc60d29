"""Timeouts a second of SimPy 3: N looping processes, COUNT timeouts. Usage: timeouts.py N COUNT"""
import random
import sys
import time

import simpy

n, count = int(sys.argv[1]), int(sys.argv[2])
environment = simpy.Environment()


def looping():
    while True:
        yield environment.timeout(random.expovariate(1))


for _ in range(n):
    environment.process(looping())
for _ in range(n + count // 4):
    environment.step()
start = time.perf_counter()
for _ in range(count):
    environment.step()
print(count / (time.perf_counter() - start))
