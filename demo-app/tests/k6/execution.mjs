// Stands in for `k6/execution`.

import { state } from "./state.mjs";

export const scenario = {
  get name() {
    return state.scenario;
  },
  get iterationInTest() {
    return state.iteration;
  },
};

export const vu = {
  get idInTest() {
    return state.vu;
  },
};

export default { scenario, vu };
