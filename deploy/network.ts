import { type Manifest, metadata, names, ports, selector } from './names.ts'

/** What the API server calls. */
export const service: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(names.service, names.namespace),
  spec: {
    selector,
    ports: [{ name: 'webhook', port: ports.service, targetPort: 'webhook', protocol: 'TCP' }],
  },
}

/** In: the three ports and no other. Out: open, as gateways stand anywhere. */
export const networkPolicy: Manifest = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: metadata(names.app, names.namespace),
  spec: {
    podSelector: { matchLabels: selector },
    policyTypes: ['Ingress'],
    ingress: [{ ports: [ports.webhook, ports.metrics, ports.health].map(port => ({ protocol: 'TCP', port })) }],
  },
}
