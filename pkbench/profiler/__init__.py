"""Why a case costs what it costs: counts, samples and a timeline, apart from any timing."""
