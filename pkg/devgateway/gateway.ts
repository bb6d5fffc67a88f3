import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { controlPort } from './control-port.ts'
import { dataPort, type Tls } from './data-port.ts'
import { type Quirks, usualQuirks, type World } from './desk.ts'
import { FaultOrder, type FaultOrderInput } from './faults.ts'
import { type Json, lastVersion, prepare } from './item.ts'
import { Leases } from './leases.ts'
import { Seed, type SeedInput, SeedItem, type SeedItemInput } from './seed.ts'
import { Sessions } from './sessions.ts'
import { Stage } from './stage.ts'
import type { Gateway } from './surface.ts'
import { UidTokens } from './uid-tokens.ts'
import { Vault } from './vault.ts'

export interface GatewayOptions {
  readonly seed: SeedInput
  /** 0 or left out: a free one. */
  readonly port?: number | undefined
  readonly controlPort?: number | undefined
  readonly host?: string | undefined
  readonly tls?: Tls | undefined
  readonly now: () => Date
  /** Bytes for tokens and passwords; without it they are counters, the same in every run. */
  readonly random?: ((size: number) => Buffer) | undefined
  readonly quirks?: Partial<Quirks> | undefined
}

const urlOf = (app: FastifyInstance, scheme: string): string => {
  // a listening TCP server has an AddressInfo; a path exists for pipes alone
  const { address, port, family } = app.server.address() as AddressInfo
  if (address === '0.0.0.0' || address === '::') return `${scheme}://127.0.0.1:${port}`
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** Names for tokens and passwords. The counter outlives a reset, so that no old token becomes good again. */
const namer = (random: GatewayOptions['random']) => {
  let count = 0
  return (kind: string): string => {
    count += 1
    return kind + (random ? random(16).toString('hex') : count.toString(16).padStart(16, '0'))
  }
}

const itemOf = (world: World, path: string) => {
  const item = world.vault.get(path)
  if (!item) throw new Error(`no item ${path}`)
  return item
}

const controls = (stage: Stage, build: () => World, clock: { shift: number }, serial: () => number) => ({
  journal: () => stage.calls(),
  items: () =>
    stage.world.vault
      .all()
      .map(item => ({ ...pick(item), lastVersion: lastVersion(item), enabled: item.enabled, tags: item.tags })),
  value: (path: string) => stage.world.vault.get(path)?.versions.at(-1)?.value,
  leases: () => stage.world.leases.live(),
  connections: () => stage.connections,
  reset: () => {
    clock.shift = 0
    stage.reset(build())
  },
  put: async (item: SeedItemInput) => {
    stage.world.vault.plant(await prepare(SeedItem.parse(item), serial(), stage.now()))
  },
  remove: (path: string) => stage.world.vault.remove(itemOf(stage.world, path)),
  rotate: (path: string, value: Json) => {
    stage.world.vault.rotate(itemOf(stage.world, path), value)
  },
  revoke: () => stage.world.sessions.revoke(),
  fail: (order: FaultOrderInput) => stage.faults.add(FaultOrder.parse(order)),
  hold: (op: string, when: 'before' | 'after', name?: string) => stage.holds.add(op, when, name),
  rateLimit: (perSecond: number | undefined) => stage.limit.set(perSecond),
  shiftClock: (ms: number) => {
    clock.shift += ms
  },
})

const pick = ({ path, type }: { path: string; type: string }) => ({ path, type })

/** Starts a gateway on two free or given ports; both listen when the promise is fulfilled. Throws ZodError on a bad seed. */
export const createGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const seed = Seed.parse(options.seed)
  const clock = { shift: 0 }
  const now = () => new Date(options.now().getTime() + clock.shift)
  const name = namer(options.random)
  let serials = 0
  const serial = () => ++serials
  const plantings = await Promise.all(seed.items.map(item => prepare(item, serial(), now())))
  const build = (): World => ({
    identities: new Map(seed.identities.map(identity => [identity.accessId, identity])),
    clusters: new Map(seed.kubernetes.map(cluster => [cluster.name, cluster])),
    awsKeys: new Map(seed.aws.map(key => [key.accessKeyId, key])),
    vault: new Vault(now, plantings),
    sessions: new Sessions(now, name),
    uidTokens: new UidTokens(now, name, seed.identities),
    leases: new Leases(now, name),
    quirks: { ...usualQuirks, ...options.quirks },
    now,
  })
  const stage = new Stage(build(), now)
  const closing = new AbortController()
  const data = dataPort(stage, options.tls, closing.signal)
  const control = controlPort(() => gateway)
  const host = options.host ?? '127.0.0.1'
  const close = async () => {
    closing.abort()
    await Promise.all([data.close(), control.close()])
  }
  try {
    await data.listen({ port: options.port ?? 0, host })
    await control.listen({ port: options.controlPort ?? 0, host })
  } catch (thrown) {
    await close()
    throw thrown
  }
  const gateway: Gateway = {
    url: urlOf(data, options.tls ? 'https' : 'http'),
    controlUrl: urlOf(control, 'http'),
    ...controls(stage, build, clock, serial),
    close,
  }
  return gateway
}
