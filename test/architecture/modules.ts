/**
 * Who may import whom: the import table of docs/architecture.md as data. A test compares the two, and the code with both.
 * `pure` modules read no clock, no randomness, no environment and do no I/O.
 */
export interface Module {
  readonly folder: string
  readonly imports: readonly string[]
  /** npm packages; node: built-ins are judged by `pure`. */
  readonly packages: readonly string[]
  readonly pure: boolean
}

export const modules = {
  core: { folder: 'pkg/core', imports: [], packages: [], pure: true },
  api: { folder: 'pkg/api', imports: ['core'], packages: ['zod'], pure: true },
  materialize: { folder: 'pkg/materialize', imports: ['api', 'core'], packages: ['re2js'], pure: true },
  admission: {
    folder: 'pkg/admission',
    imports: ['api', 'core', 'materialize'],
    packages: ['re2js', 'zod'],
    pure: true,
  },
  akeyless: { folder: 'pkg/akeyless', imports: ['api', 'core'], packages: ['lru-cache', 'undici', 'zod'], pure: false },
  cloud: { folder: 'pkg/cloud', imports: ['core'], packages: ['undici'], pure: false },
  kube: {
    folder: 'pkg/kube',
    imports: ['api', 'core'],
    packages: ['@kubernetes/client-node', 'undici', 'zod'],
    pure: false,
  },
  reconcile: {
    folder: 'pkg/reconcile',
    imports: ['admission', 'api', 'core', 'materialize'],
    packages: ['re2js'],
    pure: false,
  },
  template: { folder: 'pkg/template', imports: ['core'], packages: ['lru-cache'], pure: false },
  observe: { folder: 'pkg/observe', imports: ['core'], packages: ['pino', 'prom-client'], pure: false },
  devgateway: {
    folder: 'pkg/devgateway',
    imports: ['api', 'core'],
    packages: ['fastify', 'node-forge', 'yaml', 'zod'],
    pure: false,
  },
  certs: { folder: 'certs', imports: ['core'], packages: ['node-forge'], pure: false },
  deploy: { folder: 'deploy', imports: ['api', 'core'], packages: [], pure: true },
} as const satisfies Record<string, Module>

export type ModuleName = keyof typeof modules

/** Files outside the pure modules that may read the clock or randomness by themselves; everything else gets them as arguments. */
export const clockReaders: readonly string[] = ['server/', 'dev/', 'test/', 'pkg/template/worker.ts']

/** The only readers of the process environment and of argv. */
export const environmentReaders: readonly string[] = ['server/main.ts', 'dev/', 'test/', 'rolldown.config.ts']

/** Where secret bytes are opened, each for one reason. */
export const revealers: Readonly<Record<string, string>> = {
  'certs/issue.ts': 'the CA key signs',
  'certs/keeper.ts': 'a stored CA key is compared with its certificate',
  'certs/store.ts': 'the CA key goes into its Secret',
  'certs/token.ts': 'the token of the webhook path is derived from the CA key',
  'dev/bench/cases/template.ts': 'a key made for the bench goes into a PKCS#12 archive',
  'dev/bench/stage.ts': 'the key of the gateway that is measured against',
  'dev/gateway.ts': 'the key of the development gateway',
  'pkg/akeyless/wire.ts': 'an access key or token goes into a request body',
  'pkg/cloud/aws/sign.ts': 'the AWS key signs; a session token goes into the signed request',
  'pkg/cloud/azure/certificate.ts': 'the key of a client certificate signs',
  'pkg/cloud/gcp/service-account.ts': 'the key of a service account signs',
  'pkg/cloud/opened.ts': 'a token goes into a header, a form or a cloud-id',
  'pkg/materialize/item.ts': 'a property is taken from a value',
  'pkg/materialize/push/apply.ts': 'what an item holds is compared with what it shall hold',
  'pkg/materialize/push/value.ts': 'a value to push is told from bytes that no item can hold',
  'pkg/materialize/rewrite/merge.ts': 'the members of a value become keys',
  'pkg/materialize/rewrite/transform.ts': 'what a template prints becomes a key',
  'pkg/materialize/template/bytes.ts':
    'a text of a Secret is searched for actions; a printed value is decoded, or becomes a label or annotation',
  'pkg/materialize/value.ts': 'a value is decoded and searched for null bytes',
  'pkg/reconcile/relabel.ts': 'the data of the Secret are compared with their hash',
  'pkg/template/frame.ts': 'values go into the template sandbox',
  'pkg/reconcile/authority.ts': 'a CA certificate is public',
  'pkg/reconcile/login/certificate.ts': 'a certificate is told from its key',
  'pkg/reconcile/login/selectors.ts': 'accessID and accessType are words; blanks around a value are found',
  'pkg/reconcile/secret.ts': 'the data of a Secret',
  'server/path-token.ts': 'the token of the webhook path goes into the webhook configuration',
  'server/tls.ts': 'the serving key goes into a TLS context',
  'server/write-back.ts': 'the successor of a token goes into its Secret',
}
