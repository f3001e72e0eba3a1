import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { Request, Response } from 'express'
import { AppModule, ErrorFilter } from './app.module.ts' // yours
import { paths, server } from '../authorization-server.ts'
import { logger, setting } from '../backend.ts' // yours

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error'] })
app.useGlobalFilters(new ErrorFilter())

// Right after `create`: so it is before the body parser of Nest, and before guards.
const answer = server.app.callback()
app.use(paths, (request: Request, response: Response) => answer(request, response))
app.use('/health/ready', (_request: Request, response: Response) => {
  void server.health.ready().then(({ status, body }) => response.status(status).json(body))
})

await app.listen(Number(setting('PORT')))
server.checkMounting().catch((error: unknown) => logger.error(error))

// In place of `enableShutdownHooks`, which ends the process by the signal and not with 0.
process.once('SIGTERM', () => {
  void server
    .close({ server: app.getHttpServer() })
    .then(() => app.close())
    .then(() => process.exit(0))
})
