"""Published risk scores of chronic hepatitis B: points, class, risk, and whom they hold for."""
