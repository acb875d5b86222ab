"""Programs about the packages that this one needs: newest releases, licences, known weaknesses."""
