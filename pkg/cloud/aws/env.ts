import { unavailable } from '../unavailable.ts'
import { variable } from '../world.ts'
import { keysFrom, type Source } from './keys.ts'

/** Keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. */
export const env: Source = {
  name: 'environment',
  async look(world) {
    const id = variable(world, 'AWS_ACCESS_KEY_ID')
    const secret = variable(world, 'AWS_SECRET_ACCESS_KEY')
    if (!id && !secret) return { why: 'AWS_ACCESS_KEY_ID is not set' }
    if (!id || !secret) {
      const missing = id ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID'
      throw unavailable(`${missing} is not set, its counterpart is`, 'set both variables, or neither')
    }
    return keysFrom({ id, secret, session: variable(world, 'AWS_SESSION_TOKEN') }, 'the environment')
  },
}
