import { train } from "./train.js";

window.train = train;
