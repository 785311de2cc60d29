/** Something that happens to a node. A draining node takes no new job and lets those that it has end. */
export interface NodeEvent {
  readonly timeSeconds: number;
  readonly kind: 'fail' | 'repair' | 'drain' | 'undrain';
  readonly node: number;
}
