import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, regatta } from '../support/run-cli.js';

const folder = folderWith({
  'empty.yaml': '',
  'binary.yaml': new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]),
  'broken.yaml': 'device: [a, b\n',
  'flows.json': '{ "links": [{ "capacity": 1 }], "flows": [] }',
  'words.txt': 'hello world\n',
});
mkdirSync(join(folder, 'folder'));

const scenario = ['replay', 'llama-3.1-405b-h100', '--gpus', '2048'];
const commands = {
  'collective --cluster': ['collective', '--sizes', '1MiB', '--cluster'],
  'collective --device': ['collective', '--sizes', '1MiB', '--device'],
  'topology --cluster': ['topology', '--device', 'h100-sxm-80gb', '--cluster'],
  'topology --device': ['topology', '--cluster', 'h100-rail-clos', '--device'],
  'topology --import': ['topology', '--import'],
  topology: ['topology'],
  net: ['net'],
  replay: ['replay'],
  'replay --cluster': [...scenario, '--cluster'],
  'replay --device': [...scenario, '--device'],
  'replay --model': [...scenario, '--model'],
  'replay --schedule': [...scenario, '--schedule'],
};
type Name = keyof typeof commands;
const names = Object.keys(commands).filter((name): name is Name => name in commands);

/** The one line that a command says of a file or name. */
function lineOf(name: Name, given: string): string {
  const { code, stdout, stderr } = regatta([...commands[name], given], folder);
  expect([code, stdout], `${name} ${given}: ${stderr}`).toEqual([2, '']);
  const lines = stderr.trimEnd().split('\n');
  expect(lines, `${name} ${given}`).toHaveLength(1);
  return lines[0] ?? '';
}

describe('what is no file of its kind is said in one line, with the flag or the file', () => {
  const flagOf = (name: Name): string => (/--(?!import)\S+/.exec(name)?.[0] ?? '').replace(/(.)$/, '$1: ');

  test.each(names)('%s: one that does not exist', (name) => {
    const line = lineOf(name, 'none.yaml');
    expect(line).toMatch(/no such file|no scenario/);
    expect(line).toContain('none.yaml');
    expect(line.startsWith(`error: ${flagOf(name)}`)).toBe(true);
  });

  test.each(names)('%s: a folder, an empty file, a binary one', (name) => {
    expect(lineOf(name, 'folder')).toMatch(/^error: folder: is a folder, expected a file/);
    expect(lineOf(name, 'empty.yaml')).toMatch(/^error: empty\.yaml:.*(is empty|lists no operations)/);
    expect(lineOf(name, 'binary.yaml')).toMatch(/^error: binary\.yaml: is a binary file, expected text/);
  });

  test.each(names)('%s: one of another kind, or broken', (name) => {
    for (const file of ['words.txt', 'broken.yaml', ...(name === 'net' ? [] : ['flows.json'])]) {
      expect(lineOf(name, file)).toMatch(new RegExp(`^error: ${file.replace('.', '\\.')}:\\d+:\\d+`));
    }
  });

  test('a name that is misspelt: what was meant', () => {
    const meant: readonly [Name, string, string][] = [
      ['collective --cluster', 'h100-rail-close', 'h100-rail-clos'],
      ['collective --device', 'h100-sxm', 'h100-sxm-80gb'],
      ['topology --cluster', 'h100-rail-close', 'h100-rail-clos'],
      ['topology --device', 'h100-sxm', 'h100-sxm-80gb'],
      ['topology', 'h100-rail-close', 'h100-rail-clos'],
      ['topology', 'gpt3-175b', 'gpt3-175b-a100'],
      ['replay', 'gpt3-175b', 'gpt3-175b-a100'],
      ['replay --cluster', 'h100-rail-close', 'h100-rail-clos'],
      ['replay --device', 'h100-sxm', 'h100-sxm-80gb'],
      ['replay --model', 'llama-3.1-405', 'llama-3.1-405b'],
      ['replay --schedule', '1f1', '1f1b'],
    ];
    for (const [name, given, right] of meant) {
      const line = lineOf(name, given);
      expect(line).toContain(`${given}${name === 'replay --schedule' ? '"' : ''} (did you mean ${right}?)`);
      expect(line.startsWith(`error: ${flagOf(name)}`)).toBe(true);
    }
  });
});
