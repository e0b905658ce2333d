/** The parts of ECharts that the reports use; loaded with the first chart. */
import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([
  ...[BarChart, LineChart, HeatmapChart],
  ...[GridComponent, TooltipComponent, VisualMapComponent, AriaComponent, CanvasRenderer],
]);

export { init };
