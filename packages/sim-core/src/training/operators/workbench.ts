import { type Device, type Precision, peakFlopsOf } from '../../platform/device.js';
import type { Job } from '../job.js';
import { gemmElementBytes, gemmWorkSeconds, memorySeconds, scaleBytes } from '../operator-time.js';
import type { CommunicationOperator, Operator } from './operator.js';

/**
 * Bytes of an eager framework's elementwise kernels over those of the fused ones, counted for a Llama layer in 16 bit: RMSNorm by way
 * of fp32 20 an element against 4, a gated activation 10 against 6, rotary embedding by complex numbers 28 against 4, a residual
 * the same: 122 against 46 for each hidden unit of a token.
 */
const eagerPasses = 2.6;

/**
 * Sizes and times that every operator of one rank needs (symbols of spec/model.md section 0), and the list under construction.
 *
 * Scaled formats (fp8, mxfp8, nvfp4) run the linear layers' GEMMs at their own peak on narrow operands; activations between
 * operators, attention and the head stay in 16 bit.
 */
export class Workbench {
  readonly operators: Operator[] = [];
  /** T: tokens of a micro-batch on one context rank. */
  readonly tokens: number;
  /** T_n: tokens that norms and residuals see. */
  readonly normTokens: number;
  readonly tensor: number;
  /** w: bytes of an activation. */
  readonly width: number;
  readonly keys: number;
  readonly queries: number;
  /** Keys that a query can look back on at most. */
  readonly window: number;

  constructor(
    readonly job: Job,
    readonly device: Device,
    window?: number,
  ) {
    const { parallel } = job;
    this.tensor = parallel.tensor;
    this.queries = job.sequenceLength / parallel.context;
    this.keys = job.sequenceLength;
    this.window = Math.min(window ?? job.sequenceLength, job.sequenceLength);
    this.tokens = job.microBatch * this.queries;
    this.normTokens = parallel.sequenceParallel ? this.tokens / parallel.tensor : this.tokens;
    this.width = job.precision === 'fp32' ? 4 : 2;
  }

  /** Precision of what never runs narrower than 16 bit. */
  get wide(): Precision {
    return this.job.precision === 'fp32' || this.job.precision === 'fp16' ? this.job.precision : 'bf16';
  }

  /**
   * Bytes moved to quantise an element of a GEMM's input. Inputs of the forward come narrow out of the norm or the activation before,
   * output gradients are read once more. Rows and columns are written, with their scales, so that the weight gradient finds its
   * operands. nvfp4 reads four times: rows for the greatest magnitude and again to quantise, columns the same after a Hadamard
   * transform (arXiv 2509.25149).
   */
  #quantisedBytes(precision: Precision, role: 'forward' | 'inputGradient' | 'weightGradient'): number {
    if (role === 'weightGradient') return 0;
    if (this.#scalesRows(precision)) return 2 * (2 * this.width + gemmElementBytes(precision));
    const reads = precision === 'nvfp4' ? 4 : role === 'inputGradient' ? 1 : 0;
    return reads * this.width + 2 * (gemmElementBytes(precision) + scaleBytes(precision));
  }

  #scalesRows(precision: Precision): boolean {
    return precision === 'fp8' && this.job.options.fp8Scaling === 'row';
  }

  #gemm(
    name: string,
    m: number,
    n: number,
    k: number,
    batch: number,
    precision: Precision,
    extraBytes: number,
    role: 'forward' | 'inputGradient' | 'weightGradient',
  ): number {
    const narrow = gemmElementBytes(precision);
    const elements = m * k + (this.#scalesRows(precision) && role === 'forward' ? k * n : 0);
    const quantised = narrow < this.width ? this.#quantisedBytes(precision, role) * batch * elements : 0;
    const seconds =
      this.device.opOverheadSeconds +
      gemmWorkSeconds(this.device, peakFlopsOf(this.device.peakFlops, precision), {
        m,
        n,
        k,
        batch,
        elementBytes: narrow,
        extraBytes: extraBytes + (this.width - narrow) * batch * m * n,
      }) +
      quantised / (this.device.hbmMax * this.device.memoryBandwidthBytesPerSecond);
    this.operators.push({
      kind: 'gemm',
      name,
      seconds,
      modelFlops: 2 * batch * m * n * k,
      weightGrad: role === 'weightGradient',
      recompute: false,
    });
    return seconds;
  }

  /** Forward of a linear layer; returns its seconds. */
  linear(name: string, m: number, n: number, k: number, batch = 1, precision: Precision = this.job.precision): number {
    return this.#gemm(name, m, n, k, batch, precision, 0, 'forward');
  }

  /** Input gradient of a linear layer whose forward was (m, n, k). */
  inputGradient(
    name: string,
    m: number,
    n: number,
    k: number,
    batch = 1,
    precision: Precision = this.job.precision,
  ): number {
    return this.#gemm(`${name} dgrad`, m, k, n, batch, precision, 0, 'inputGradient');
  }

  /** Weight gradient, accumulated into the main gradient (spec/model.md 1.4). */
  weightGradient(
    name: string,
    m: number,
    n: number,
    k: number,
    batch = 1,
    precision: Precision = this.job.precision,
  ): number {
    const accumulate = 2 * this.job.options.gradientBytes * batch * k * n;
    return this.#gemm(`${name} wgrad`, k, n, m, batch, precision, accumulate, 'weightGradient');
  }

  memory(name: string, bytes: number): void {
    const passes = this.job.options.fusedElementwise ? 1 : eagerPasses;
    this.operators.push({
      kind: 'memory',
      name,
      seconds: memorySeconds(this.device, passes * bytes),
      modelFlops: 0,
      weightGrad: false,
      recompute: false,
    });
  }

  attention(name: string, seconds: number, modelFlops: number): void {
    this.operators.push({ kind: 'attention', name, seconds, modelFlops, weightGrad: false, recompute: false });
  }

  communicate(
    name: string,
    dimension: CommunicationOperator['dimension'],
    op: CommunicationOperator['op'],
    bytes: number,
    hideBehindSeconds = 0,
    repeat = 1,
    copies = 1,
  ): void {
    const { tensor, context, expert } = this.job.parallel;
    const size = dimension === 'tensor' ? tensor : dimension === 'context' ? context : expert;
    if (size <= 1 || repeat < 1) return;
    this.operators.push({
      kind: 'communication',
      name,
      dimension,
      op,
      bytes,
      hideBehindSeconds,
      repeat,
      copies,
      recompute: false,
    });
  }

  /** Activations of T tokens by h as a tensor-parallel message. */
  get tensorMessageBytes(): number {
    return this.width * this.tokens * this.job.model.hidden;
  }

  /** Gathers what sequence parallelism has cut, before a column-parallel layer; hidden behind a share of that layer. */
  gather(name: string, hideBehindSeconds = 0): void {
    if (this.job.parallel.sequenceParallel) {
      this.communicate(name, 'tensor', 'all_gather', this.tensorMessageBytes, hideBehindSeconds);
    }
  }

  /** Sums partial results after a row-parallel layer: reduce-scatter with sequence parallelism, else all-reduce. */
  reduce(name: string, hideBehindSeconds = 0): void {
    const op = this.job.parallel.sequenceParallel ? 'reduce_scatter' : 'all_reduce';
    this.communicate(name, 'tensor', op, this.tensorMessageBytes, hideBehindSeconds);
  }

  /**
   * Kernels cannot run faster than the host issues them (spec/model.md 2.2). `waitedSeconds`: what it takes where it cannot run
   * ahead, since it waits for the device.
   */
  finish(waitedSeconds = 0): Operator[] {
    const issued = this.job.options.cudaGraphs
      ? 0
      : Math.max(waitedSeconds, this.operators.length * this.device.hostIssueSeconds);
    if (issued > 0) {
      let busy = 0;
      for (const operator of this.operators) if (operator.kind !== 'communication') busy += operator.seconds;
      const missing = issued - busy;
      if (missing > 0) {
        this.operators.push({
          kind: 'memory',
          name: 'host issue',
          seconds: missing,
          modelFlops: 0,
          weightGrad: false,
          recompute: false,
        });
      }
    }
    return this.operators;
  }
}
