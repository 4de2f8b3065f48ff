"""What a model is, declared: recipes, configurations, transforms, scores. No torch is needed."""
