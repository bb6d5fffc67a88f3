/** The releases that `npm start` and `npm test` run against: the only place that names them. */
export const versions = { kubernetes: 'v1.35.4', etcd: 'v3.6.16' } as const

/** What a control plane is made of; every folder of binaries holds all four. */
export const binaryNames = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const
export type BinaryName = (typeof binaryNames)[number]

/** Where the two projects publish their releases. */
export const releaseSites = {
  kubernetes: 'https://dl.k8s.io/release',
  etcd: 'https://github.com/etcd-io/etcd/releases/download',
} as const

/** A platform in Go's words. */
export interface Platform {
  readonly os: string
  readonly arch: string
}

const goArch: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** Node's names for a platform, as `process.platform` and `process.arch` give them, in Go's words. */
export const platformOf = (os: string, arch: string): Platform => ({
  os: os === 'win32' ? 'windows' : os,
  arch: goArch[arch] ?? arch,
})
