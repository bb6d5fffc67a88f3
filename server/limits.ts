/** What one client may cost the webhook server. Times in milliseconds, sizes in bytes. */
export interface Limits {
  readonly body: number
  /** All bodies together that are being received, but for small ones. */
  readonly bodies: number
  /** What is announced to be no larger is not counted: all connections together hold 16 MiB of it. */
  readonly smallBody: number
  readonly headersMs: number
  readonly requestMs: number
  readonly checkMs: number
  readonly handshakeMs: number
  readonly keepAliveMs: number
  readonly connections: number
  readonly connectionsPerPeer: number
}

/** security.md §0.3, T17, T18. */
export const limits: Limits = {
  // Two objects of at most 3 MiB each, as the API server takes them, and the envelope.
  body: 7 * 1024 * 1024,
  // Seven of the largest; a review of the usual 10 KiB is whole after a millisecond, and none is held for longer than it takes.
  bodies: 48 * 1024 * 1024,
  smallBody: 16 * 1024,
  // headers < request < timeoutSeconds of the webhook (5 s), looked at often enough to hold.
  headersMs: 3_000,
  requestMs: 4_000,
  checkMs: 500,
  handshakeMs: 5_000,
  // The API server drops idle connections after 90 s. If we were first, it could meet a closing socket with a review.
  keepAliveMs: 120_000,
  // An API server has at most 600 requests in flight, of which 200 write; a peer may be a proxy for several of them.
  connections: 1_024,
  connectionsPerPeer: 256,
}
