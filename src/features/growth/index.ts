import { growthRoutes } from './routes.js';
import { createGrowthService, type GrowthServiceDeps } from './service.js';

/** What CVAT 2.74 and newer keep of people who were asked to give it a star. */
export const createGrowth = (deps: GrowthServiceDeps) => growthRoutes(createGrowthService(deps));
