import { z } from 'zod'
import { logLevels } from '#observe'
import { readAddress, readResolve } from './address.ts'

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

export interface Flag {
  /** Reads the text of the flag; the message of an issue says what would be right. */
  readonly schema: z.ZodType<unknown, string>
  /** What stands for the value in help texts; none for a switch. */
  readonly hint?: string
  readonly fallback?: string
  /** May be given several times. */
  readonly many?: boolean
  readonly about: string
}

const parsed = <T>(read: (text: string) => T | undefined, right: string) =>
  z.string().transform((text, context): T => {
    const value = read(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: right })
    return z.NEVER
  })

const parts = (text: string): string[] =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)

const listOf = <T>(read: (part: string) => T | undefined, right: string) =>
  parsed((text): readonly T[] | undefined => {
    const all = parts(text).map(read)
    return all.every(entry => entry !== undefined) ? all : undefined
  }, right)

const readUrl = (text: string): URL | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' && !url.username && !url.password && !url.search && !url.hash ? url : undefined
}

const name = z.string().regex(label, 'give a DNS label, such as latchkey-system')
const words = z.string().min(1, 'give a value')
const yes = z.enum(['true', 'false'], 'give true or false').transform(text => text === 'true')
const address = parsed(readAddress, 'give an IP address and a port, such as 0.0.0.0:8081')
const url = parsed(readUrl, 'give an https URL without user, query or fragment, such as https://192.0.2.7:10250')
const namespaces = listOf(part => (label.test(part) ? part : undefined), 'give names of namespaces, comma-separated')
const hostPattern = /^(?:\*\.)?[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/i
const gateways = listOf(
  part => (part.length <= 253 && hostPattern.test(part) ? part : undefined),
  'give hosts without port, comma-separated, such as *.akeyless.io,gw.example.com',
)
const resolves = listOf(readResolve, 'give HOST:PORT=ADDR:PORT, such as api.akeyless.io:443=127.0.0.1:8443')
const liveModes = z.enum(['off', 'warn', 'deny'], 'give off, warn or deny')
// More would only queue up at the gateway: its connections per origin are bounded (security.md F2).
const concurrency = parsed(
  text => (/^[1-9]\d?$/.test(text) && Number(text) <= 64 ? Number(text) : undefined),
  'give a number from 1 to 64',
)

/** Every flag of `serve`, once: reader, default, meaning. Its environment twin is LATCHKEY_ and the name in capitals. */
export const flags = {
  kubeconfig: {
    schema: words,
    hint: 'FILE',
    about: 'The cluster to work in. Without it: the service account of the pod, then $KUBECONFIG.',
  },
  role: {
    schema: z.enum(['all', 'webhook', 'reconciler'], 'give all, webhook or reconciler'),
    hint: 'ROLE',
    fallback: 'all',
    about: 'What to run: all, webhook or reconciler.',
  },
  namespace: {
    schema: name,
    hint: 'NAME',
    fallback: 'latchkey-system',
    about: 'Namespace of Latchkey itself, for the webhook CA and the leader lease.',
  },
  'service-name': {
    schema: name,
    hint: 'NAME',
    fallback: 'latchkey',
    about: 'Service through which the API server reaches the webhook; the certificate carries its names.',
  },
  'controller-class': {
    schema: words,
    hint: 'CLASS',
    fallback: 'default',
    about: 'Stores with this spec.controller, or with none, are ours.',
  },
  'webhook-bind': {
    schema: address,
    hint: 'ADDR:PORT',
    fallback: '0.0.0.0:10250',
    about: 'Where the admission webhook listens, with TLS.',
  },
  'webhook-url': {
    schema: url,
    hint: 'URL',
    about: 'Register the webhook under this URL instead of the Service, for a process outside the cluster.',
  },
  'no-register': { schema: yes, fallback: 'false', about: 'Leave the webhook configurations alone.' },
  'health-bind': {
    schema: address,
    hint: 'ADDR:PORT',
    fallback: '0.0.0.0:8081',
    about: 'Where /healthz and /readyz listen, plain HTTP.',
  },
  'metrics-bind': {
    schema: address,
    hint: 'ADDR:PORT',
    fallback: '0.0.0.0:8080',
    about: 'Where /metrics listens, plain HTTP.',
  },
  'watch-namespaces': {
    schema: namespaces,
    hint: 'A,B',
    fallback: '',
    about:
      'Reconcile in these namespaces only; empty means all. ClusterSecretStores, and what names them, are then left alone.',
  },
  'leader-elect': {
    schema: yes,
    fallback: 'false',
    about: 'Reconcile only while holding the lease: needed with more than one replica.',
  },
  concurrency: {
    schema: concurrency,
    hint: 'N',
    fallback: '16',
    about:
      'How many objects are reconciled at once; those of one namespace or one ClusterSecretStore take at most half.',
  },
  'trusted-gateways': {
    schema: gateways,
    hint: 'A,B',
    fallback: '*.akeyless.io',
    about:
      'Hosts that may get the identity of Latchkey itself (aws_iam, azure_ad, gcp, and k8s or jwt by its own ServiceAccount), as gw.example.com or *.example.com.',
  },
  'live-checks-stores': {
    schema: liveModes,
    hint: 'MODE',
    about:
      'What admission does with a store that cannot log in: off, warn or deny. Default deny; with --role webhook off, since that process may hold no right to read Secrets.',
  },
  'live-checks-items': {
    schema: liveModes,
    hint: 'MODE',
    about:
      'What admission does with an ExternalSecret whose items cannot be read: off, warn or deny. Default warn; with --role webhook off.',
  },
  'aws-regional-sts': {
    schema: yes,
    fallback: 'false',
    about: 'Prove the AWS identity by the STS of the region instead of the global one: China and GovCloud need it.',
  },
  'allow-local-gateways': {
    schema: yes,
    fallback: 'false',
    about: 'For development: let stores name gateways on loopback and link-local addresses.',
  },
  'unsafe-allow-generic-targets': {
    schema: yes,
    fallback: 'false',
    about:
      'Let ExternalSecrets make objects of other kinds than Secret (spec.target.manifest). Values stored there are as readable as the kind is; the role needs rights on those kinds.',
  },
  'log-level': {
    schema: z.enum(logLevels, `give one of ${logLevels.join(', ')}`),
    hint: 'LEVEL',
    fallback: 'info',
    about: `The least important lines to print: ${logLevels.join(', ')}.`,
  },
  policy: {
    schema: words,
    hint: 'FILE',
    about:
      'What to insist on at admission and afterwards, in YAML or JSON: rules that warn turned off or into denials, paths that may be read (docs/admission.md). Read at the start.',
  },
  resolve: {
    schema: resolves,
    hint: 'HOST:PORT=ADDR:PORT',
    fallback: '',
    many: true,
    about: 'For development: connect to ADDR:PORT for HOST:PORT; TLS still checks HOST.',
  },
} as const satisfies Record<string, Flag>

export type FlagName = keyof typeof flags

/** `--log-level` is LATCHKEY_LOG_LEVEL in the environment. */
export const twinOf = (flag: string): string => `LATCHKEY_${flag.replaceAll('-', '_').toUpperCase()}`

interface Row extends Flag {
  readonly flag: string
  readonly env: string
}

/** The table for help texts and for docs/reference/config.md. */
export const flagTable = (): readonly Row[] =>
  Object.entries(flags).map(([flag, entry]) => ({ ...entry, flag: `--${flag}`, env: twinOf(flag) }))

/** docs/reference/config.md. */
export const configPage = (): string => {
  const rows = flagTable().map(
    ({ flag, hint, env, fallback, about, many }) =>
      `| \`${hint ? `${flag} ${hint}` : flag}\` | \`${env}\` | ${fallback ? `\`${fallback}\`` : '–'} | ${about}${many ? ' May be repeated; in the environment, separate by commas.' : ''} |`,
  )
  const intro = 'A flag wins over its environment variable. A switch takes `=true` or `=false`, and means true alone.'
  return [
    '# Flags of `latchkey serve`',
    '',
    intro,
    '',
    '| flag | environment | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

/** What `latchkey serve --help` prints. */
export const configHelp = (): string => {
  const rows = flagTable().map(({ flag, hint, fallback, about }) => {
    const left = hint ? `${flag} ${hint}` : flag
    return `  ${left.padEnd(32)} ${about}${fallback && hint ? ` Default ${fallback}.` : ''}`
  })
  return [
    'usage: latchkey serve [FLAG ...]',
    '',
    ...rows,
    '',
    'Each flag has a twin in the environment: --log-level is LATCHKEY_LOG_LEVEL.',
    '',
  ].join('\n')
}
