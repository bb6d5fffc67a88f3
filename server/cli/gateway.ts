import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Fault } from '#core'
import { createGateway, readSeed, type Tls } from '#devgateway'

export interface GatewayDeps {
  /** Takes whole lines. */
  readonly write: (text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends the command. */
  readonly signal: AbortSignal
  readonly now: () => Date
}

const flags = {
  port: { type: 'string' },
  'control-port': { type: 'string' },
  items: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
} as const
type Flag = keyof typeof flags
type Flags = { readonly [name in Flag]?: string | undefined }

const usage = `usage: latchkey gateway --items FILE [FLAG ...]

  --items FILE           identities and items, YAML or JSON, such as dev/seeds/items.yaml
  --port N               port of the API; a free one when left out
  --control-port N       port that steers and inspects it; a free one when left out
  --tls-cert FILE        PEM certificate; with --tls-key the API speaks HTTPS
  --tls-key FILE         PEM key

  Each flag has a twin in the environment: LATCHKEY_GATEWAY_ITEMS, LATCHKEY_GATEWAY_PORT, ...
`

const envTwin = (name: string): string => `LATCHKEY_GATEWAY_${name.toUpperCase().replaceAll('-', '_')}`

const readFlags = (argv: readonly string[], env: GatewayDeps['env']): Flags => {
  const names = Object.keys(flags)
  const fromEnv = Object.fromEntries(names.map(name => [name, env[envTwin(name)]]))
  try {
    return { ...fromEnv, ...parseArgs({ args: [...argv], options: flags }).values }
  } catch {
    throw new Fault('ConfigInvalid', 'unknown flag or missing value', {
      remedy: `use ${names.map(name => `--${name}`).join(', ')}`,
    })
  }
}

const readPort = (name: string, text: string | undefined): number => {
  const port = Number(text ?? 0)
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port
  throw new Fault('ConfigInvalid', 'is not a port', {
    path: `--${name}`,
    remedy: 'a number from 0 (any free port) to 65535',
  })
}

const readText = async (name: string, file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('ConfigInvalid', `cannot read ${file}`, {
      path: `--${name}`,
      remedy: 'name a readable file',
      cause,
    })
  }
}

const readTls = async ({ 'tls-cert': cert, 'tls-key': key }: Flags): Promise<Tls | undefined> => {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined)
    throw new Fault('ConfigInvalid', 'one is given without the other', {
      path: '--tls-cert, --tls-key',
      remedy: 'give both, or neither for plain HTTP',
    })
  return { cert: await readText('tls-cert', cert), key: await readText('tls-key', key) }
}

/** `latchkey gateway`: runs a development gateway until the signal aborts. Throws Fault on bad flags or a bad seed file. */
export const gateway = async (argv: readonly string[], { write, env, signal, now }: GatewayDeps): Promise<void> => {
  if (argv.includes('--help')) return write(usage)
  const given = readFlags(argv, env)
  if (given.items === undefined)
    throw new Fault('ConfigInvalid', 'is missing', {
      path: '--items',
      remedy: 'name a YAML or JSON file of identities and items, such as dev/seeds/items.yaml',
    })
  const seed = readSeed(await readText('items', given.items), given.items)
  const running = await createGateway({
    seed,
    port: readPort('port', given.port),
    controlPort: readPort('control-port', given['control-port']),
    tls: await readTls(given),
    now,
    random: randomBytes,
  })
  write(`gateway  ${running.url}\ncontrol  ${running.controlUrl}\n`)
  write(`serving  ${seed.items.length} items to ${seed.identities.length} identities; Ctrl-C ends\n`)
  if (!signal.aborted) await once(signal, 'abort')
  await running.close()
}
