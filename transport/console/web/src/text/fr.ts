import { byArea } from "./areas";

export default byArea(
  import.meta.glob<object>("./fr/{common,home,pools,problem,session,shell,table,words}.json", {
    eager: true,
    import: "default",
  }),
);
