// Before anything is painted: light or dark as was chosen here, else as the system is.
{
  const chosen = localStorage.getItem("mockserver.theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
}
