import { join } from 'node:path'
import type { Identity } from './state.ts'

/** The ports of one control plane, all on 127.0.0.1. */
export interface Ports {
  readonly apiserver: number
  readonly etcd: number
  readonly etcdPeer: number
}

export const etcdArgs = (state: string, ports: Ports): string[] => {
  const client = `http://127.0.0.1:${ports.etcd}`
  return [
    `--data-dir=${join(state, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    // a development cluster may lose the last writes when the machine itself goes down
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]
}

export const apiserverArgs = (state: string, ports: Ports, { files }: Identity): string[] => [
  `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  `--secure-port=${ports.apiserver}`,
  `--tls-cert-file=${files.servingCert}`,
  `--tls-private-key-file=${files.servingKey}`,
  `--cert-dir=${join(state, 'pki')}`,
  '--service-cluster-ip-range=10.0.0.0/24',
  `--service-account-key-file=${files.serviceAccountKey}`,
  `--service-account-signing-key-file=${files.serviceAccountKey}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--token-auth-file=${files.tokens}`,
  '--authorization-mode=RBAC',
  // pods are created without waiting for their ServiceAccount; no kubelet runs them
  '--disable-admission-plugins=ServiceAccount',
  // no Endpoints of the API server itself: nothing reaches it by its Service
  '--endpoint-reconciler-type=none',
  // benchmarks write faster than the defaults (400 and 200) let through
  '--max-requests-inflight=2000',
  '--max-mutating-requests-inflight=1000',
]

export const controllerArgs = (kubeconfig: string, { files }: Identity): string[] => [
  `--kubeconfig=${kubeconfig}`,
  `--service-account-private-key-file=${files.serviceAccountKey}`,
  `--root-ca-file=${files.ca}`,
  '--use-service-account-credentials=false',
  '--leader-elect=false',
  '--controllers=garbage-collector-controller,namespace-controller,serviceaccount-controller',
  '--secure-port=0',
]
