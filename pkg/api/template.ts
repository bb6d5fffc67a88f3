import { z } from 'zod'
import { dataKey, objectName, texts } from './meta.ts'

const TemplateObject = z.object({
  name: objectName.meta({ description: 'Name of the object, in the same namespace.' }),
  items: z
    .array(
      z.object({
        key: dataKey.meta({ description: 'Key that holds a template.' }),
        templateAs: z.enum(['Values', 'KeysAndValues']).default('Values').meta({
          description:
            'Values: the template makes the value of this key. KeysAndValues: it makes whole lines of key and value.',
        }),
      }),
    )
    .meta({ description: 'Keys to take templates from.' }),
})

export const TemplateFrom = z.object({
  configMap: TemplateObject.optional().meta({ description: 'Templates in a ConfigMap.' }),
  secret: TemplateObject.optional().meta({ description: 'Templates in a Secret.' }),
  literal: z.string().optional().meta({ description: 'A template in place.' }),
  target: z.string().default('Data').meta({
    description: 'What the result is merged into: Data, Labels, Annotations, or a path of a manifest target.',
  }),
  valuesDecodingStrategy: z
    .enum(['Auto', 'Base64', 'Base64URL', 'None'])
    .optional()
    .meta({ description: 'How the values that the template made are decoded.' }),
})
export type TemplateFrom = z.infer<typeof TemplateFrom>

/** How the Secret looks besides its data (compatibility.md §1.3). */
export const Template = z.object({
  type: z.string().optional().meta({ description: 'Type of the Secret.' }),
  engineVersion: z.enum(['v2']).default('v2').meta({ description: 'Template engine.' }),
  mergePolicy: z
    .enum(['Replace', 'Merge'])
    .default('Replace')
    .meta({ description: 'Replace: only templated keys. Merge: templated keys over the fetched ones.' }),
  metadata: z
    .object({
      annotations: texts.optional().meta({ description: 'Annotations of the Secret.' }),
      labels: texts.optional().meta({ description: 'Labels of the Secret.' }),
      finalizers: z.array(z.string()).optional().meta({ description: 'Finalizers of the Secret.' }),
    })
    .optional()
    .meta({ description: 'Metadata of the Secret.' }),
  data: texts.optional().meta({ description: 'Key to template.' }),
  templateFrom: z.array(TemplateFrom).optional().meta({ description: 'Templates from elsewhere, in this order.' }),
})
export type Template = z.infer<typeof Template>
