import { createdByHash, dataHash, fieldManager, metadataHash, unstructuredHash } from '#core'
import type { HashQuestion } from '../../oracle/hash/oracle.ts'

/** JSON.parse that keeps every digit of a whole number. */
const exact = (json: string): unknown =>
  JSON.parse(json, (_key: string, value: unknown, context?: { source?: string }) =>
    Number.isSafeInteger(value) || !/^-?\d+$/.test(context?.source ?? '') ? value : BigInt(context?.source ?? ''),
  )

/** What Latchkey answers to a question to the Go oracle of hashes. */
export const ourHash = (question: HashQuestion): string => {
  switch (question.op) {
    case 'data':
      return dataHash(new Map(question.data.map(([key, base64]) => [key, Buffer.from(base64, 'base64')])))
    case 'metadata':
      return metadataHash(question.annotations, question.labels)
    case 'created-by':
      return createdByHash(question.namespace, question.name)
    case 'field-manager':
      return fieldManager(question.name)
    case 'value':
      return unstructuredHash(exact(question.json))
  }
}
