import { looksBinary, plainLines, TextIssues } from './text-issues.js';

/** A switch or a channel adapter of the fabric. */
export interface IbNode {
  readonly id: string;
  readonly kind: 'switch' | 'ca';
  readonly description: string;
  /** Ports that the record states; 0 when the record is absent and only peers name the node. */
  readonly ports: number;
  /** Line of its record, 0 without one. */
  readonly line: number;
}

/** One cable. Gb/s of data each way; undefined where no port line states a rate. */
export interface IbCable {
  readonly a: string;
  readonly aPort: number;
  readonly b: string;
  readonly bPort: number;
  readonly gbps: number | undefined;
}

/** What `ibnetdiscover` (or an ibsim net file) says of a fabric; each cable once. */
export interface IbFabric {
  readonly format: 'ibnetdiscover';
  readonly nodes: readonly IbNode[];
  readonly cables: readonly IbCable[];
  readonly warnings: readonly string[];
}

/** Gb/s of data on one lane: nominal rate of the generation after its encoding. */
const laneGbps = new Map([
  ['SDR', 2.5 * 0.8],
  ['DDR', 5 * 0.8],
  ['QDR', 10 * 0.8],
  ['FDR10', 10],
  ['FDR', (14.0625 * 64) / 66],
  ['EDR', 25],
  ['HDR', 50],
  ['NDR', 100],
  ['XDR', 200],
]);

const header = /^(Switch|Ca|Hca|Rt)\s+(\d+)\s+"([^"]+)"\s*(?:#\s*"([^"]*)"(.*))?$/;
const port =
  /^\[(\d+)\](?:\[ext \d+\])?(?:\([0-9a-fA-Fx]+\))?\s+"([^"]+)"\s*\[(\d+)\](?:\[ext \d+\])?(?:\([0-9a-fA-Fx]+\))?\s*(?:#((?:[^"]|"[^"]*")*))?$/;
const property = /^(?:vendid|devid|sysimgguid|switchguid|caguid|rtguid)\s*=\s*\S+$/;

interface Port {
  readonly node: string;
  readonly port: number;
  readonly peer: string;
  readonly peerPort: number;
  readonly peerDescription: string;
  readonly gbps: number | undefined;
  readonly line: number;
}

/**
 * Reads the output of `ibnetdiscover`, blanks or tabs (spec/input-formats.md 10). A record that is absent, or one end
 * of a cable that is, gives a warning; a line that is cut is a mistake. Throws InputError with all of them.
 */
export function readIbnetdiscover(text: string, file?: string): IbFabric {
  const issues = new TextIssues(file);
  const nodes = new Map<string, IbNode>();
  const ports: Port[] = [];
  let owner: IbNode | undefined;
  let orphaned = false;
  if (looksBinary(text))
    issues.add({ code: 'binary', line: 1, column: 1, path: 'fabric', message: 'this is no text file' });
  issues.throwIfAny();
  plainLines(text).forEach((content, i) => {
    const line = i + 1;
    const bare = content.trim();
    if (bare === '' || bare.startsWith('#')) return;
    const node = header.exec(bare);
    if (node) {
      const [, kind = '', count = '', id = '', description = ''] = node;
      if (nodes.has(id))
        issues.add({
          code: 'duplicate',
          line,
          column: 1,
          path: id,
          message: `"${id}" has a record in line ${nodes.get(id)?.line} already`,
        });
      owner = {
        id,
        kind: kind === 'Switch' || kind === 'Rt' ? 'switch' : 'ca',
        description,
        ports: Number(count),
        line,
      };
      nodes.set(id, owner);
      return;
    }
    if (bare.startsWith('[')) {
      // Where the head of the file is missing, the first of its ports speaks for the others.
      if (!owner && orphaned) return;
      orphaned = owner === undefined;
      const read = readPort(bare, line, owner, issues);
      if (read) ports.push(read);
    } else if (!property.test(bare)) {
      const column = content.length - content.trimStart().length + 1;
      issues.add({
        code: 'syntax',
        line,
        column,
        path: 'fabric',
        message: `"${bare.slice(0, 40)}" is cut or no line of ibnetdiscover`,
        expected: 'Switch, Ca, a port [n] or key=value',
      });
    }
  });
  if (nodes.size === 0 && issues.count === 0) {
    issues.add({
      code: 'empty',
      line: 1,
      column: 1,
      path: 'fabric',
      message: 'no Switch or Ca record',
      expected: 'the output of ibnetdiscover',
    });
  }
  checkLast(ports, text, issues);
  issues.throwIfAny();
  const warnings: string[] = [];
  const cables = joinPorts(nodes, ports, warnings);
  return { format: 'ibnetdiscover', nodes: [...nodes.values()], cables, warnings };
}

function readPort(bare: string, line: number, owner: IbNode | undefined, issues: TextIssues): Port | undefined {
  if (!owner) {
    issues.add({
      code: 'orphan',
      line,
      column: 1,
      path: 'fabric',
      message: 'a port without the record that it belongs to: the head of the file is cut',
      expected: 'a Switch or Ca line first',
    });
    return undefined;
  }
  const match = port.exec(bare);
  if (!match) {
    issues.add({
      code: 'truncated',
      line,
      column: bare.length,
      path: owner.id,
      message: `the port line is cut: "${bare.slice(0, 40)}"`,
      expected: '[port] "peer"[port] # "description" lid n 4xNDR',
    });
    return undefined;
  }
  const [, own = '', peer = '', peerPort = '', comment = ''] = match;
  const peerDescription = /"([^"]*)"/.exec(comment)?.[1] ?? '';
  const rest = comment.replace(/"[^"]*"/g, '');
  const at = { line, column: 1, path: `${owner.id}[${own}]` };
  if (Number(own) < 1 || Number(own) > owner.ports) {
    issues.add({ ...at, code: 'port', message: `port ${own} of ${owner.ports}`, expected: `1 to ${owner.ports}` });
  }
  const rate = /(\d+)x([A-Z]\w*)/.exec(rest);
  const lane = rate ? laneGbps.get(rate[2] ?? '') : undefined;
  if (rate && lane === undefined) {
    issues.add({
      ...at,
      code: 'rate',
      message: `unknown speed "${rate[0]}"`,
      expected: [...laneGbps.keys()].join(', '),
      received: rate[0],
    });
  }
  const gbps = rate && lane !== undefined ? Number(rate[1]) * lane : undefined;
  return { node: owner.id, port: Number(own), peer, peerPort: Number(peerPort), peerDescription, gbps, line };
}

/** A last line without rate and line end was cut, in a file whose records state guids: those always state rates. */
function checkLast(ports: readonly Port[], text: string, issues: TextIssues): void {
  const last = ports.at(-1);
  if (!last || last.gbps !== undefined || /[\r\n]\s*$/.test(text) || !/^(?:switch|ca)guid\s*=/m.test(text)) return;
  issues.add({
    code: 'truncated',
    line: last.line,
    column: 1,
    path: last.node,
    message: 'the last port line is cut: it has no rate',
  });
}

function joinPorts(nodes: Map<string, IbNode>, ports: readonly Port[], warnings: string[]): IbCable[] {
  const cables = new Map<string, IbCable>();
  const taken = new Map<string, string>();
  const absent = new Set<string>();
  for (const one of ports) {
    if (!nodes.has(one.peer)) {
      const kind = one.peer.startsWith('S-') ? 'switch' : 'ca';
      nodes.set(one.peer, { id: one.peer, kind, description: one.peerDescription, ports: 0, line: 0 });
      absent.add(one.peer);
    }
    const ends = [`${one.node}[${one.port}]`, `${one.peer}[${one.peerPort}]`].sort();
    const key = ends.join(' ');
    const known = cables.get(key);
    for (const end of ends) {
      const other = taken.get(end);
      if (other !== undefined && other !== key) warnings.push(`line ${one.line}: ${end} has another cable already`);
      taken.set(end, other ?? key);
    }
    if (known) {
      if (known.gbps !== undefined && one.gbps !== undefined && known.gbps !== one.gbps) {
        warnings.push(
          `line ${one.line}: the two ends of a cable state ${known.gbps} and ${one.gbps} Gb/s; the lower is used`,
        );
      }
      const rates = [known.gbps, one.gbps].filter((rate) => rate !== undefined);
      cables.set(key, { ...known, gbps: rates.length > 0 ? Math.min(...rates) : undefined });
    } else if (ends.every((end) => taken.get(end) === key)) {
      cables.set(key, { a: one.node, aPort: one.port, b: one.peer, bPort: one.peerPort, gbps: one.gbps });
    }
  }
  if (absent.size > 0)
    warnings.push(`${absent.size} nodes have no record of their own; their cables are known from the other end`);
  return [...cables.values()];
}
