import { type Device, defaultConstants } from '@regatta/sim-core';
import { type DeviceHardware, deviceHardware } from './devices.js';
import { type Stack, stacks } from './stacks.js';

/** Stacks of a device, newest first. */
export function stacksOf(device: string): readonly Stack[] {
  return stacks.filter((stack) => stack.devices.includes(device));
}

/**
 * A catalogue device with the constants of a stack (default: its newest; without any stack the defaults of spec/model.md 2.1).
 * Undefined when the device or the stack does not exist.
 */
export function catalogueDevice(name: string, stackName?: string): Device | undefined {
  const hardware = deviceHardware.find((device) => device.name === name);
  if (!hardware) return undefined;
  const stack = stackName === undefined ? stacksOf(name)[0] : stacksOf(name).find((s) => s.name === stackName);
  if (stackName !== undefined && !stack && stackName !== 'default') return undefined;
  return assemble(hardware, stack);
}

function assemble(hardware: DeviceHardware, stack: Stack | undefined): Device {
  const { source: _source, usualNicGbps: _nic, ...facts } = hardware;
  return { ...defaultConstants, ...stack?.constants, ...facts, stack: stack?.name ?? 'default' };
}
