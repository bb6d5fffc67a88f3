import { externalSecret } from '../objects.ts'
import type { Cases } from './cases.ts'

const es = externalSecret
const template = (template: object, target: object = {}) =>
  es(s => {
    Object.assign(s.target, target, { template })
  })
const renaming = (...templates: string[]) =>
  es(s => {
    s.dataFrom = [{ extract: { key: '/a' }, rewrite: templates.map(template => ({ transform: { template } })) }]
  })
const endIt = 'close every {{ if }}, {{ range }}, {{ with }} and {{ define }} with {{ end }}'

/** What Go says of templates: asked of the engine. */
export const templateCases: Cases = {
  template: {
    passes: [
      template({ data: { url: 'postgres://{{ .user | urlquery }}:{{ .password }}@db', plain: '}}' } }),
      // what it is given is not known yet
      template({ data: { a: '{{ .usr }}', b: '{{ atoi .user }}', c: '{{ template "x" }}' } }),
      template({ metadata: { labels: { a: '{{ .user }}' }, annotations: { b: '{{ .user }}' } } }),
      template({ templateFrom: [{ literal: '{{ .user }}: "{{ .password }}"' }] }),
      template({ templateFrom: [{ configMap: { name: 'tpl', items: [{ key: 'a' }] } }] }),
      template({ data: JSON.parse('{"__proto__":"{{ .user }}"}') }),
      renaming('{{ .value | upper }}', 'x'),
    ],
    fails: [
      [
        template({ data: { url: 'x: {{ .user | uper }}' } }),
        'spec.target.template.data.url: line 1: function "uper" is not defined → did you mean upper?',
      ],
      [
        template({
          data: { ok: '{{ .user }}', 'tls.crt': 'a\n{{ .user' },
          metadata: { labels: { 'a/b': '{{ if .user }}' }, annotations: { c: '{{ end }}' } },
          templateFrom: [{ literal: '{{ .my-key }}' }],
        }),
        'spec.target.template.templateFrom[0].literal: line 1: a character is not allowed there → quote texts; a key with a dash is {{ index . "my-key" }}',
        'spec.target.template.data["tls.crt"]: line 2: {{ is not closed → close it with }}',
        `spec.target.template.metadata.labels["a/b"]: line 1: the text ends inside of a block → ${endIt}`,
        `spec.target.template.metadata.annotations.c: line 1: {{ end }} stands outside of any block → ${endIt}`,
      ],
      [
        template({ data: { a: '{{ env "HOME" }}' } }, { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }),
        'spec.target.template.data.a: line 1: function "env" is not defined → did you mean and?',
      ],
      [
        renaming('{{ .value }}', '{{ .value | lowr }}'),
        'spec.dataFrom[0].rewrite[1].transform.template: line 1: function "lowr" is not defined → did you mean lower?',
      ],
      [
        es(s => {
          s.refreshInterval = '5 minutes'
          s.data[1].secretKey = 'db password'
          s.target.template = { data: { url: '{{ .user | uper }}', other: 7 } }
        }),
        'spec.target.template.data.other: must be text',
        'spec.data[1].secretKey: "db password" has a space → use letters, digits, - _ .',
        'spec.refreshInterval: "5 minutes" is not a duration → write 5m',
        'spec.target.template.data.url: line 1: function "uper" is not defined → did you mean upper?',
      ],
    ],
  },
}
