import type { Router } from '@koa/router';
import { ExplainQuery, type Explanation } from '../../api/explanation.js';
import { explain } from '../explain.js';
import { queryAs } from '../parse-request.js';
import type { HttpServices } from '../services.js';

/** Why a machine gets what it gets. */
export function addExplainRoutes(router: Router, services: HttpServices): void {
  router.get('/api/v1/explain/:name', async (ctx) => {
    const explanation: Explanation = await explain(
      ctx.params['name'] ?? '',
      queryAs(ExplainQuery, ctx),
      services,
    );
    ctx.body = explanation;
  });
}
