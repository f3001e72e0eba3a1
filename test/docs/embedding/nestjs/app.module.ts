import {
  Body,
  Catch,
  Controller,
  Get,
  Headers,
  Module,
  Post,
  Req,
  Res,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common'
import type { Request, Response } from 'express'
import { logger, statusOf } from '../backend.ts' // yours
import { signIn, signInPage } from '../sign-in.ts' // yours

@Controller()
class LoginController {
  @Get('login')
  page(): string {
    return signInPage()
  }

  @Post('login')
  async signIn(
    @Req() { url }: Request,
    @Body() form: unknown,
    @Headers('origin') from: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const signedIn = await signIn({ url, form, from })
    if (!signedIn) response.status(403).send(signInPage('Please try again.'))
    else response.set('Set-Cookie', signedIn.cookie).redirect(303, signedIn.location)
  }

  @Get('invoices')
  invoices(): never {
    throw new Error('the invoices are away')
  }
}

@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const status = statusOf(error)
    if (status >= 500) logger.error(error)
    host
      .switchToHttp()
      .getResponse<Response>()
      .status(status)
      .json({ error: 'something went wrong' })
  }
}

@Module({ controllers: [LoginController] })
export class AppModule {}
