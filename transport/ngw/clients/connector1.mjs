// The connector of today, @nextgis/ngw-connector 1.19.6.
import Connector from "@nextgis/ngw-connector";

import { task, tell, tour } from "./tour.mjs";

tell(await tour(Connector, task()));
