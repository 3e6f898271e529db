// ECharts, only what a chain of cases needs; fetched with the first one.
import { GraphChart } from 'echarts/charts';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([GraphChart, CanvasRenderer]);
export { init };
