import { redisUrl, serve } from '../serve.ts'
import { loadOurServer } from './our-server.ts'

const [, , checkout = ''] = process.argv
const createServer = await loadOurServer(checkout)
serve((issuer) => createServer(issuer, redisUrl).app.callback())
